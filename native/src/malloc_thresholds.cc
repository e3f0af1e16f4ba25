// SPDX-License-Identifier: MIT
#include "malloc_thresholds.h"

#include <malloc.h>

#include <climits>

#include "arguments.h"
#include "promise_worker.h"

namespace upm {
namespace {

// glibc stores each of these in one aligned word that allocating threads read without a lock: they
// see the old value or the new one, and both are good.
bool Apply(int mmap_bytes, int trim_bytes, int top_pad_bytes) {
#ifdef __GLIBC__
  return mallopt(M_MMAP_THRESHOLD, mmap_bytes) == 1 && mallopt(M_TRIM_THRESHOLD, trim_bytes) == 1 &&
         mallopt(M_TOP_PAD, top_pad_bytes) == 1;
#else
  static_cast<void>(mmap_bytes);
  static_cast<void>(trim_bytes);
  static_cast<void>(top_pad_bytes);
  return false;
#endif
}

// Holds the lock of each arena in turn, which threads that allocate meanwhile wait for.
class TrimWorker : public PromiseWorker {
 public:
  explicit TrimWorker(Napi::Env env) : PromiseWorker(env, "upm:trimMalloc") {}

 private:
  void Work() override {
#ifdef __GLIBC__
    trimmed_ = malloc_trim(0) == 1;
#endif
  }

  Napi::Value Result(Napi::Env env) override {
    return Napi::Boolean::New(env, trimmed_);
  }

  bool trimmed_ = false;
};

}  // namespace

Napi::Value SetMallocThresholds(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const auto mmap_bytes = static_cast<int>(arguments.Integer(0, "mmapBytes", 0, INT_MAX));
  const auto trim_bytes = static_cast<int>(arguments.Integer(1, "trimBytes", 0, INT_MAX));
  const auto top_pad_bytes = static_cast<int>(arguments.Integer(2, "topPadBytes", 0, INT_MAX));
  return Napi::Boolean::New(info.Env(), Apply(mmap_bytes, trim_bytes, top_pad_bytes));
}

Napi::Value TrimMalloc(const Napi::CallbackInfo& info) {
  return PromiseWorker::Run<TrimWorker>(info.Env());
}

}  // namespace upm
