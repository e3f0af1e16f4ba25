// SPDX-License-Identifier: MIT
#ifndef UPM_PIDFD_H_
#define UPM_PIDFD_H_

#include <napi.h>

namespace upm {

Napi::Value PidfdOpen(const Napi::CallbackInfo& info);

}  // namespace upm

#endif  // UPM_PIDFD_H_
