// SPDX-License-Identifier: MIT
#ifndef UPM_ERRORS_H_
#define UPM_ERRORS_H_

#include <napi.h>

#include <exception>
#include <string>

namespace upm {

// Symbolic name of an errno value, such as "EINVAL".
std::string ErrnoName(int error);

// A failed system call. Thrown by code that knows nothing of JavaScript, also on pool threads, and
// turned into a JavaScript error where the call came in.
class SystemError : public std::exception {
 public:
  // `syscall` must be a string literal: only the pointer is kept, so that throwing allocates
  // little.
  SystemError(const char* syscall, int error) noexcept : syscall_(syscall), error_(error) {}

  const char* what() const noexcept override { return syscall_; }
  int error() const noexcept { return error_; }

  // An Error with `errno`, `code` and `syscall`; see NativeError in src/native/binding.ts.
  Napi::Error ToJavaScript(Napi::Env env) const;

 private:
  const char* syscall_;
  int error_;
};

// Throws SystemError for the current value of errno.
[[noreturn]] void ThrowErrno(const char* syscall);

}  // namespace upm

#endif  // UPM_ERRORS_H_
