// SPDX-License-Identifier: MIT
#ifndef UPM_MALLOC_THRESHOLDS_H_
#define UPM_MALLOC_THRESHOLDS_H_

#include <napi.h>

namespace upm {

Napi::Value SetMallocThresholds(const Napi::CallbackInfo& info);
Napi::Value TrimMalloc(const Napi::CallbackInfo& info);

}  // namespace upm

#endif  // UPM_MALLOC_THRESHOLDS_H_
