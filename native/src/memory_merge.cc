// SPDX-License-Identifier: MIT
#include "memory_merge.h"

#include <sys/prctl.h>

#include "arguments.h"
#include "errors.h"

// Added in Linux 6.4; the headers of the build machine may be older than the kernel that runs this.
#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif

namespace upm {
namespace {

// prctl() is variadic and the kernel refuses unused arguments that are not zero, so all five are
// passed, each as wide as the kernel reads it.
int Prctl(int operation, unsigned long argument) {
  return prctl(operation, argument, 0UL, 0UL, 0UL);
}

}  // namespace

Napi::Value SetMemoryMerge(const Napi::CallbackInfo& info) {
  const bool enabled = Arguments(info).Boolean(0, "enabled");
  if (Prctl(PR_SET_MEMORY_MERGE, enabled ? 1 : 0) != 0) ThrowErrno("prctl");
  return info.Env().Undefined();
}

Napi::Value GetMemoryMerge(const Napi::CallbackInfo& info) {
  const int enabled = Prctl(PR_GET_MEMORY_MERGE, 0);
  if (enabled < 0) ThrowErrno("prctl");
  return Napi::Boolean::New(info.Env(), enabled != 0);
}

}  // namespace upm
