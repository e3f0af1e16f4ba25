// SPDX-License-Identifier: MIT
#include "page_hash.h"

#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <vector>

#include "arguments.h"
#include "errors.h"
#include "pagemap.h"
#include "process_file.h"
#include "promise_worker.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace upm {
namespace {

enum PageState : uint8_t { kAbsent = 0, kHashed = 1, kZero = 2, kUnreadable = 3 };

constexpr size_t kKeySize = 32;

// Small enough that the copies are still in the second-level cache when they are hashed.
constexpr size_t kBatchBytes = 256 * 1024;

// Entries looked at before their pages are read. Few, so that what pagemap said is still fresh.
constexpr size_t kEntriesPerChunk = 512;

// XXH3 with a secret made from a random key: who does not know the key cannot make pages collide,
// and the hashes say nothing about the pages.
class PageHasher {
 public:
  PageHasher(const std::vector<uint8_t>& key, size_t page_size)
      : page_size_(page_size), zero_page_(page_size) {
#if XXH_VERSION_NUMBER < 801
    static_assert(XXH_SECRET_DEFAULT_SIZE == kSecretSize, "xxHash 0.8.0 writes this many bytes");
    XXH3_generateSecret(secret_.data(), key.data(), key.size());
#else
    if (XXH3_generateSecret(secret_.data(), secret_.size(), key.data(), key.size()) != XXH_OK) {
      throw SystemError("XXH3_generateSecret", EINVAL);
    }
#endif
    zero_hash_ = Hash(zero_page_.data());
  }
  ~PageHasher() {
    explicit_bzero(secret_.data(), secret_.size());
  }
  PageHasher(const PageHasher&) = delete;
  PageHasher& operator=(const PageHasher&) = delete;

  uint64_t Hash(const uint8_t* page) const {
    return XXH3_64bits_withSecret(page, page_size_, secret_.data(), secret_.size());
  }

  // The hash saves the comparison for nearly all pages that hold something.
  bool IsZero(const uint8_t* page, uint64_t hash) const {
    return hash == zero_hash_ && memcmp(page, zero_page_.data(), page_size_) == 0;
  }

 private:
  static constexpr size_t kSecretSize = 192;
  const size_t page_size_;
  const std::vector<uint8_t> zero_page_;
  std::array<uint8_t, kSecretSize> secret_{};
  uint64_t zero_hash_ = 0;
};

// Hashes the present pages of a range of a process into arrays with one element per page.
class RangeHasher {
 public:
  RangeHasher(pid_t pid, uint64_t address, const std::vector<uint8_t>& key, uint64_t* hashes,
              uint8_t* states)
      : address_(address),
        page_size_(PageSize()),
        hashes_(hashes),
        states_(states),
        pagemap_(pid),
        memory_(OpenProcessFile(pid, "mem")),
        hasher_(key, page_size_),
        batch_capacity_(std::max<size_t>(1, kBatchBytes / page_size_)),
        copies_(batch_capacity_ * page_size_) {
    batch_.reserve(batch_capacity_);
  }

  void Run(size_t pages) {
    std::vector<uint64_t> entries(std::min(pages, kEntriesPerChunk));
    for (size_t start = 0; start < pages; start += entries.size()) {
      const size_t count = std::min(entries.size(), pages - start);
      pagemap_.Read(address_ / page_size_ + start, entries.data(), count);
      for (size_t i = 0; i < count; ++i) {
        if ((entries[i] & kPagePresent) != 0) Add(start + i);
      }
      Flush();
    }
    // The two files were opened one after the other. If the address space behind the pagemap is
    // still in use now, the pid meant the same one both times.
    pagemap_.CheckAlive();
  }

 private:
  void Add(size_t page) {
    if (batch_.size() == batch_capacity_) Flush();
    batch_.push_back(page);
  }

  void Flush() {
    for (size_t done = 0; done < batch_.size();) {
      const size_t copied = Copy(done, RunLength(done));
      for (size_t i = 0; i < copied; ++i)
        Record(batch_[done + i], &copies_[i * page_size_]);
      done += copied;
      if (copied == 0) states_[batch_[done++]] = kUnreadable;
    }
    batch_.clear();
  }

  // How many pages of the batch from `first` on follow each other in memory.
  size_t RunLength(size_t first) const {
    size_t end = first + 1;
    while (end < batch_.size() && batch_[end] == batch_[end - 1] + 1)
      ++end;
    return end - first;
  }

  // Copies pages from the batch's `first` on; returns how many came before one that is unreadable.
  //
  // Not with process_vm_readv(2): that pins the pages, and the kernel gives a page of its own to
  // whoever has a merged one pinned. Measuring would undo the merging. Reading /proc/PID/mem takes
  // a plain reference. Memory of our own is read that way as well: another thread may unmap it at
  // any time, and reading it directly would then end the process.
  size_t Copy(size_t first, size_t count) {
    const uint64_t address = address_ + batch_[first] * page_size_;
    for (;;) {
      const ssize_t bytes =
          pread(memory_.get(), copies_.data(), count * page_size_, static_cast<off_t>(address));
      if (bytes >= 0) return static_cast<size_t>(bytes) / page_size_;
      if (errno == EIO || errno == EFAULT) return 0;
      if (errno != EINTR) ThrowErrno("read");
    }
  }

  void Record(size_t page, const uint8_t* copy) {
    const uint64_t hash = hasher_.Hash(copy);
    hashes_[page] = hash;
    states_[page] = hasher_.IsZero(copy, hash) ? kZero : kHashed;
  }

  const uint64_t address_;
  const size_t page_size_;
  uint64_t* const hashes_;
  uint8_t* const states_;
  const Pagemap pagemap_;
  const FileDescriptor memory_;
  const PageHasher hasher_;
  const size_t batch_capacity_;
  std::vector<uint8_t> copies_;
  std::vector<size_t> batch_;
};

class HashPagesWorker : public PromiseWorker {
 public:
  HashPagesWorker(Napi::Env env, pid_t pid, uint64_t address, size_t pages,
                  std::vector<uint8_t> key)
      : PromiseWorker(env, "upm:hashPages"),
        pid_(pid),
        address_(address),
        pages_(pages),
        key_(std::move(key)),
        hashes_(env, pages * sizeof(uint64_t)),
        states_(env, pages) {}
  ~HashPagesWorker() override { explicit_bzero(key_.data(), key_.size()); }

 private:
  void Work() override {
    RangeHasher(pid_, address_, key_, hashes_.As<uint64_t>(), states_.As<uint8_t>()).Run(pages_);
  }

  Napi::Value Result(Napi::Env env) override {
    Napi::Object result = Napi::Object::New(env);
    result.Set("hashes",
               Napi::BigUint64Array::New(env, pages_, hashes_.Value(), 0, napi_biguint64_array));
    result.Set("states", Napi::Uint8Array::New(env, pages_, states_.Value(), 0));
    return result;
  }

  const pid_t pid_;
  const uint64_t address_;
  const size_t pages_;
  std::vector<uint8_t> key_;
  const ResultBuffer hashes_;
  const ResultBuffer states_;
};

}  // namespace

Napi::Object PageStateNumbers(Napi::Env env) {
  Napi::Object numbers = Napi::Object::New(env);
  numbers.Set("absent", Napi::Number::New(env, kAbsent));
  numbers.Set("hashed", Napi::Number::New(env, kHashed));
  numbers.Set("zero", Napi::Number::New(env, kZero));
  numbers.Set("unreadable", Napi::Number::New(env, kUnreadable));
  numbers.Freeze();
  return numbers;
}

Napi::Value HashPages(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const pid_t pid = arguments.ProcessId(0, "pid", 0);
  const uint64_t address = arguments.Address(1, "address");
  const uint64_t length = arguments.ByteCount(2, "length");
  std::vector<uint8_t> key = arguments.Bytes(3, "key");
  const size_t page_size = PageSize();
  if (key.size() != kKeySize) arguments.ThrowRange("\"key\" must hold 32 bytes");
  if (address % page_size != 0) arguments.ThrowRange("\"address\" must be a multiple of a page");
  if (length % page_size != 0) arguments.ThrowRange("\"length\" must be a multiple of a page");
  if (length / page_size > kMaxPages) arguments.ThrowRange("\"length\" exceeds 2^24 pages");
  if (RangeWraps(address, length)) arguments.ThrowRange("the range ends beyond the last address");
  return PromiseWorker::Run<HashPagesWorker>(
      info.Env(), pid, address, static_cast<size_t>(length / page_size), std::move(key));
}

}  // namespace upm
