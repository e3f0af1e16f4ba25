// SPDX-License-Identifier: MIT
#include "pagemap.h"

#include <algorithm>
#include <cerrno>

#include "arguments.h"
#include "errors.h"
#include "positioned_read.h"
#include "process_file.h"
#include "promise_worker.h"

namespace upm {
namespace {

class ReadPagemapWorker : public PromiseWorker {
 public:
  ReadPagemapWorker(Napi::Env env, pid_t pid, uint64_t first_page, size_t pages)
      : PromiseWorker(env, "upm:readPagemap"),
        pid_(pid),
        first_page_(first_page),
        pages_(pages),
        entries_(env, pages * sizeof(uint64_t)) {}

 private:
  void Work() override { Pagemap(pid_).Read(first_page_, entries_.As<uint64_t>(), pages_); }

  Napi::Value Result(Napi::Env env) override {
    return Napi::BigUint64Array::New(env, pages_, entries_.Value(), 0, napi_biguint64_array);
  }

  const pid_t pid_;
  const uint64_t first_page_;
  const size_t pages_;
  const ResultBuffer entries_;
};

}  // namespace

Pagemap::Pagemap(pid_t pid) : file_(OpenProcessFile(pid, "pagemap")) {}

void Pagemap::Read(uint64_t first_page, uint64_t* entries, size_t count) const {
  const size_t read = ReadWords(file_.get(), first_page, entries, count);
  if (read == count) return;
  CheckAlive();
  std::fill(entries + read, entries + count, 0);
}

void Pagemap::CheckAlive() const {
  // A pagemap ends early in two cases: beyond the last address, and once the address space is gone.
  // The entry of address 0 is there in the first case only, mapped or not.
  uint64_t entry = 0;
  if (ReadWords(file_.get(), 0, &entry, 1) == 0) throw SystemError("read", ESRCH);
}

Napi::Value ReadPagemap(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const pid_t pid = arguments.ProcessId(0, "pid", 0);
  const uint64_t address = arguments.Address(1, "address");
  const auto pages =
      static_cast<size_t>(arguments.Integer(2, "pages", 0, static_cast<int64_t>(kMaxPages)));
  const size_t page_size = PageSize();
  if (address % page_size != 0) arguments.ThrowRange("\"address\" must be a multiple of a page");
  if (RangeWraps(address, uint64_t{pages} * page_size)) {
    arguments.ThrowRange("the range ends beyond the last address");
  }
  return PromiseWorker::Run<ReadPagemapWorker>(info.Env(), pid, address / page_size, pages);
}

}  // namespace upm
