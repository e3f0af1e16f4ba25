// SPDX-License-Identifier: MIT
#include "errors.h"

#include <cerrno>
#include <cstring>

namespace upm {
namespace {

// A table of our own: strerrorname_np() is missing in musl and in glibc before 2.32, and a binary
// that asks for it would not load there. Names with an equal value on some architecture
// (EWOULDBLOCK, EDEADLOCK, ENOTSUP) are left out.
// clang-format off
#define UPM_ERRNO_NAMES(X) \
  X(EPERM) X(ENOENT) X(ESRCH) X(EINTR) X(EIO) X(ENXIO) X(E2BIG) X(ENOEXEC) X(EBADF) X(ECHILD) \
  X(EAGAIN) X(ENOMEM) X(EACCES) X(EFAULT) X(ENOTBLK) X(EBUSY) X(EEXIST) X(EXDEV) X(ENODEV) \
  X(ENOTDIR) X(EISDIR) X(EINVAL) X(ENFILE) X(EMFILE) X(ENOTTY) X(ETXTBSY) X(EFBIG) X(ENOSPC) \
  X(ESPIPE) X(EROFS) X(EMLINK) X(EPIPE) X(EDOM) X(ERANGE) X(EDEADLK) X(ENAMETOOLONG) X(ENOLCK) \
  X(ENOSYS) X(ENOTEMPTY) X(ELOOP) X(ENOMSG) X(EIDRM) X(ECHRNG) X(EL2NSYNC) X(EL3HLT) X(EL3RST) \
  X(ELNRNG) X(EUNATCH) X(ENOCSI) X(EL2HLT) X(EBADE) X(EBADR) X(EXFULL) X(ENOANO) X(EBADRQC) \
  X(EBADSLT) X(EBFONT) X(ENOSTR) X(ENODATA) X(ETIME) X(ENOSR) X(ENONET) X(ENOPKG) X(EREMOTE) \
  X(ENOLINK) X(EADV) X(ESRMNT) X(ECOMM) X(EPROTO) X(EMULTIHOP) X(EDOTDOT) X(EBADMSG) \
  X(EOVERFLOW) X(ENOTUNIQ) X(EBADFD) X(EREMCHG) X(ELIBACC) X(ELIBBAD) X(ELIBSCN) X(ELIBMAX) \
  X(ELIBEXEC) X(EILSEQ) X(ERESTART) X(ESTRPIPE) X(EUSERS) X(ENOTSOCK) X(EDESTADDRREQ) \
  X(EMSGSIZE) X(EPROTOTYPE) X(ENOPROTOOPT) X(EPROTONOSUPPORT) X(ESOCKTNOSUPPORT) X(EOPNOTSUPP) \
  X(EPFNOSUPPORT) X(EAFNOSUPPORT) X(EADDRINUSE) X(EADDRNOTAVAIL) X(ENETDOWN) X(ENETUNREACH) \
  X(ENETRESET) X(ECONNABORTED) X(ECONNRESET) X(ENOBUFS) X(EISCONN) X(ENOTCONN) X(ESHUTDOWN) \
  X(ETOOMANYREFS) X(ETIMEDOUT) X(ECONNREFUSED) X(EHOSTDOWN) X(EHOSTUNREACH) X(EALREADY) \
  X(EINPROGRESS) X(ESTALE) X(EUCLEAN) X(ENOTNAM) X(ENAVAIL) X(EISNAM) X(EREMOTEIO) X(EDQUOT) \
  X(ENOMEDIUM) X(EMEDIUMTYPE) X(ECANCELED) X(ENOKEY) X(EKEYEXPIRED) X(EKEYREVOKED) \
  X(EKEYREJECTED) X(EOWNERDEAD) X(ENOTRECOVERABLE) X(ERFKILL) X(EHWPOISON)
// clang-format on

// strerror_r() returns int (POSIX) or char* (GNU) depending on the C library; these pick by type.
[[maybe_unused]] std::string Described(int result, const char* buffer) {
  return result == 0 ? buffer : "Unknown error";
}
[[maybe_unused]] std::string Described(const char* result, const char*) {
  return result;
}

std::string Describe(int error) {
  char buffer[128] = "";
  return Described(strerror_r(error, buffer, sizeof buffer), buffer);
}

}  // namespace

std::string ErrnoName(int error) {
  switch (error) {
#define UPM_ERRNO_CASE(name) \
  case name:                 \
    return #name;
    UPM_ERRNO_NAMES(UPM_ERRNO_CASE)
#undef UPM_ERRNO_CASE
    default:
      return "E" + std::to_string(error);
  }
}

Napi::Error SystemError::ToJavaScript(Napi::Env env) const {
  const std::string code = ErrnoName(error_);
  Napi::Error error =
      Napi::Error::New(env, std::string(syscall_) + ": " + Describe(error_) + " (" + code + ")");
  error.Set("errno", Napi::Number::New(env, error_));
  error.Set("code", Napi::String::New(env, code));
  error.Set("syscall", Napi::String::New(env, syscall_));
  return error;
}

void ThrowErrno(const char* syscall) {
  throw SystemError(syscall, errno);
}

}  // namespace upm
