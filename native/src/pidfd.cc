// SPDX-License-Identifier: MIT
#include "pidfd.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "arguments.h"
#include "errors.h"

// The C library function came with glibc 2.36 and musl has none; the number is the same on all
// architectures but alpha, whose headers name it.
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

namespace upm {

Napi::Value PidfdOpen(const Napi::CallbackInfo& info) {
  const pid_t pid = Arguments(info).ProcessId(0, "pid", 1);
  // The kernel sets close-on-exec.
  const long fd = syscall(SYS_pidfd_open, pid, 0U);
  if (fd < 0) ThrowErrno("pidfd_open");
  return Napi::Number::New(info.Env(), static_cast<double>(fd));
}

}  // namespace upm
