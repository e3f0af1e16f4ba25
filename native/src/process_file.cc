// SPDX-License-Identifier: MIT
#include "process_file.h"

#include <fcntl.h>
#include <signal.h>

#include <cerrno>
#include <string>

#include "errors.h"

namespace upm {

int OpenProcessFile(pid_t pid, const char* name) {
  const std::string folder = pid == 0 ? "self" : std::to_string(pid);
  const int fd = open(("/proc/" + folder + "/" + name).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd >= 0) return fd;
  const int error = errno;
  // ENOENT may also mean that /proc is not mounted or that the kernel has no such file.
  const bool gone = error == ENOENT && pid != 0 && kill(pid, 0) != 0 && errno == ESRCH;
  throw SystemError("open", gone ? ESRCH : error);
}

}  // namespace upm
