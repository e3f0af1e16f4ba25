// SPDX-License-Identifier: MIT
#ifndef UPM_PAGEMAP_H_
#define UPM_PAGEMAP_H_

#include <napi.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "file_descriptor.h"

namespace upm {

// Largest number of pages in one call: 64 GiB of 4 KiB pages, 128 MiB of result.
constexpr uint64_t kMaxPages = uint64_t{1} << 24;

// Bit 63 of an entry: the page is in memory, at the frame that the entry names.
constexpr uint64_t kPagePresent = uint64_t{1} << 63;

// /proc/PID/pagemap of the address space that the process has when this is made. The open file
// keeps to that address space even if the pid is reused or the process executes another program.
class Pagemap {
 public:
  // `pid` 0 is this process. Throws SystemError, with ESRCH where the process does not exist.
  explicit Pagemap(pid_t pid);

  // Reads the entries of `count` pages. Entries beyond the address space are zero. Throws
  // SystemError, with ESRCH where the address space is gone.
  void Read(uint64_t first_page, uint64_t* entries, size_t count) const;

  // Throws SystemError ESRCH if the address space no longer exists.
  void CheckAlive() const;

 private:
  FileDescriptor file_;
};

Napi::Value ReadPagemap(const Napi::CallbackInfo& info);

}  // namespace upm

#endif  // UPM_PAGEMAP_H_
