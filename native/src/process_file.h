// SPDX-License-Identifier: MIT
#ifndef UPM_PROCESS_FILE_H_
#define UPM_PROCESS_FILE_H_

#include <sys/types.h>

namespace upm {

// Opens /proc/PID/`name` for reading; `pid` 0 is this process. Throws SystemError, with ESRCH where
// the process does not exist.
int OpenProcessFile(pid_t pid, const char* name);

}  // namespace upm

#endif  // UPM_PROCESS_FILE_H_
