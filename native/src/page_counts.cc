// SPDX-License-Identifier: MIT
#include "page_counts.h"

#include <fcntl.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "arguments.h"
#include "errors.h"
#include "file_descriptor.h"
#include "positioned_read.h"
#include "promise_worker.h"

namespace upm {
namespace {

// Frame numbers of pagemap have 55 bits.
constexpr uint64_t kMaxFrame = (uint64_t{1} << 55) - 1;

class ReadPageCountsWorker : public PromiseWorker {
 public:
  ReadPageCountsWorker(Napi::Env env, std::vector<uint64_t> frames)
      : PromiseWorker(env, "upm:readPageCounts"),
        frames_(std::move(frames)),
        counts_(env, frames_.size() * sizeof(uint64_t)) {}

 private:
  void Work() override {
    const FileDescriptor file(open("/proc/kpagecount", O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) ThrowErrno("open");
    auto* counts = counts_.As<uint64_t>();
    for (size_t i = 0; i < frames_.size();) {
      // Neighbouring pages often lie in neighbouring frames: one call for each such run.
      size_t run = 1;
      while (i + run < frames_.size() && frames_[i + run] == frames_[i] + run)
        ++run;
      // Frames beyond the end of memory have no word in the file; their counts stay zero.
      ReadWords(file.get(), frames_[i], counts + i, run);
      i += run;
    }
  }

  Napi::Value Result(Napi::Env env) override {
    return Napi::BigUint64Array::New(env, frames_.size(), counts_.Value(), 0, napi_biguint64_array);
  }

  const std::vector<uint64_t> frames_;
  const ResultBuffer counts_;
};

}  // namespace

Napi::Value ReadPageCounts(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  std::vector<uint64_t> frames = arguments.Words(0, "frames");
  for (size_t i = 0; i < frames.size(); ++i) {
    if (frames[i] > kMaxFrame) {
      arguments.ThrowRange("\"frames\"[" + std::to_string(i) + "] is no frame number");
    }
  }
  return PromiseWorker::Run<ReadPageCountsWorker>(info.Env(), std::move(frames));
}

}  // namespace upm
