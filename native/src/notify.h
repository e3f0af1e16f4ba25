// SPDX-License-Identifier: MIT
#ifndef UPM_NOTIFY_H_
#define UPM_NOTIFY_H_

#include <napi.h>

namespace upm {

Napi::Value SdNotify(const Napi::CallbackInfo& info);

}  // namespace upm

#endif  // UPM_NOTIFY_H_
