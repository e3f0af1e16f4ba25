// SPDX-License-Identifier: MIT
#include "memory_advice.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "arguments.h"
#include "errors.h"
#include "promise_worker.h"

namespace upm {
namespace {

struct NamedAdvice {
  const char* name;
  int number;
};

// Advices that change how memory is kept, never what it holds.
constexpr NamedAdvice kAdvices[] = {
    {"MADV_HUGEPAGE", MADV_HUGEPAGE},
    {"MADV_NOHUGEPAGE", MADV_NOHUGEPAGE},
    {"MADV_MERGEABLE", MADV_MERGEABLE},
    {"MADV_UNMERGEABLE", MADV_UNMERGEABLE},
};

int Advice(const Arguments& arguments, size_t index) {
  const int64_t number = arguments.Integer(index, "advice", INT32_MIN, INT32_MAX);
  for (const NamedAdvice& advice : kAdvices) {
    if (advice.number == number) return advice.number;
  }
  arguments.ThrowRange("\"advice\" must be one of the numbers in \"advice\" of this addon");
}

// Returns 0 or an errno value.
int Advise(uint64_t address, uint64_t length, int advice) {
  void* start = reinterpret_cast<void*>(static_cast<uintptr_t>(address));
  return madvise(start, static_cast<size_t>(length), advice) == 0 ? 0 : errno;
}

struct Failure {
  size_t index;
  int error;
};

class MadviseRangesWorker : public PromiseWorker {
 public:
  // `ranges`: address, length, address, length, ...
  MadviseRangesWorker(Napi::Env env, std::vector<uint64_t> ranges, int advice)
      : PromiseWorker(env, "upm:madviseRanges"), ranges_(std::move(ranges)), advice_(advice) {}

 private:
  void Work() override {
    for (size_t i = 0; i < ranges_.size(); i += 2) {
      const int error = Advise(ranges_[i], ranges_[i + 1], advice_);
      if (error != 0) {
        failures_.push_back({i / 2, error});
      } else {
        ++advised_;
        // Overlapping ranges may add up to more than there is memory; the sum then wraps, unlikely
        // as it is, rather than being a fault of the caller.
        advised_bytes_ += ranges_[i + 1];
      }
    }
  }

  Napi::Value Result(Napi::Env env) override {
    Napi::Array failures = Napi::Array::New(env, failures_.size());
    for (size_t i = 0; i < failures_.size(); ++i) {
      const Napi::HandleScope scope(env);
      Napi::Object failure = Napi::Object::New(env);
      failure.Set("index", Napi::Number::New(env, static_cast<double>(failures_[i].index)));
      failure.Set("code", Napi::String::New(env, ErrnoName(failures_[i].error)));
      failure.Set("errno", Napi::Number::New(env, failures_[i].error));
      failures.Set(static_cast<uint32_t>(i), failure);
    }
    Napi::Object result = Napi::Object::New(env);
    result.Set("advised", Napi::Number::New(env, static_cast<double>(advised_)));
    result.Set("advisedBytes", Napi::BigInt::New(env, advised_bytes_));
    result.Set("failures", failures);
    return result;
  }

  const std::vector<uint64_t> ranges_;
  const int advice_;
  size_t advised_ = 0;
  uint64_t advised_bytes_ = 0;
  std::vector<Failure> failures_;
};

}  // namespace

Napi::Object AdviceNumbers(Napi::Env env) {
  Napi::Object numbers = Napi::Object::New(env);
  for (const NamedAdvice& advice : kAdvices) {
    numbers.Set(advice.name, Napi::Number::New(env, advice.number));
  }
  numbers.Freeze();
  return numbers;
}

Napi::Value Madvise(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const uint64_t address = arguments.Address(0, "address");
  const uint64_t length = arguments.ByteCount(1, "length");
  const int advice = Advice(arguments, 2);
  if (RangeWraps(address, length)) arguments.ThrowRange("the range ends beyond the last address");
  const int error = Advise(address, length, advice);
  if (error != 0) throw SystemError("madvise", error);
  return info.Env().Undefined();
}

Napi::Value MadviseRanges(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  std::vector<uint64_t> ranges = arguments.Words(0, "ranges");
  const int advice = Advice(arguments, 1);
  if (ranges.size() % 2 != 0) {
    arguments.ThrowRange("\"ranges\" must hold pairs of address and length");
  }
  for (size_t i = 0; i < ranges.size(); i += 2) {
    if (RangeWraps(ranges[i], ranges[i + 1])) {
      arguments.ThrowRange("range " + std::to_string(i / 2) + " ends beyond the last address");
    }
  }
  return PromiseWorker::Run<MadviseRangesWorker>(info.Env(), std::move(ranges), advice);
}

}  // namespace upm
