// SPDX-License-Identifier: MIT
#ifndef UPM_PROCESS_EXEC_H_
#define UPM_PROCESS_EXEC_H_

#include <napi.h>

namespace upm {

Napi::Value Exec(const Napi::CallbackInfo& info);

}  // namespace upm

#endif  // UPM_PROCESS_EXEC_H_
