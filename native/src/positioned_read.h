// SPDX-License-Identifier: MIT
#ifndef UPM_POSITIONED_READ_H_
#define UPM_POSITIONED_READ_H_

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "errors.h"

namespace upm {

// Reads `count` 64-bit words from word `first` of a file of /proc, whose files hold one word per
// page or frame. Returns how many there were before the end of the file. Throws SystemError.
inline size_t ReadWords(int fd, uint64_t first, uint64_t* words, size_t count) {
  // So that a fatal signal, or a waiting writer of the memory map, need not wait for one long call.
  constexpr size_t kWordsPerCall = 65536;
  size_t done = 0;
  while (done < count) {
    const size_t wanted = count - done < kWordsPerCall ? count - done : kWordsPerCall;
    const auto offset = static_cast<off_t>((first + done) * sizeof(uint64_t));
    const ssize_t bytes = pread(fd, words + done, wanted * sizeof(uint64_t), offset);
    if (bytes < 0) {
      if (errno == EINTR) continue;
      ThrowErrno("read");
    }
    // These files deal in whole words only.
    if (bytes < static_cast<ssize_t>(sizeof(uint64_t))) break;
    done += static_cast<size_t>(bytes) / sizeof(uint64_t);
  }
  return done;
}

}  // namespace upm

#endif  // UPM_POSITIONED_READ_H_
