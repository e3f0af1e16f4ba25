// SPDX-License-Identifier: MIT
#ifndef UPM_FILE_DESCRIPTOR_H_
#define UPM_FILE_DESCRIPTOR_H_

#include <unistd.h>

namespace upm {

// Owns a descriptor and closes it.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

}  // namespace upm

#endif  // UPM_FILE_DESCRIPTOR_H_
