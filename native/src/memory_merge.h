// SPDX-License-Identifier: MIT
#ifndef UPM_MEMORY_MERGE_H_
#define UPM_MEMORY_MERGE_H_

#include <napi.h>

namespace upm {

Napi::Value SetMemoryMerge(const Napi::CallbackInfo& info);
Napi::Value GetMemoryMerge(const Napi::CallbackInfo& info);

}  // namespace upm

#endif  // UPM_MEMORY_MERGE_H_
