// SPDX-License-Identifier: MIT
#ifndef UPM_MEMORY_ADVICE_H_
#define UPM_MEMORY_ADVICE_H_

#include <napi.h>

namespace upm {

// The object of the accepted advices by name.
Napi::Object AdviceNumbers(Napi::Env env);

Napi::Value Madvise(const Napi::CallbackInfo& info);
Napi::Value MadviseRanges(const Napi::CallbackInfo& info);

}  // namespace upm

#endif  // UPM_MEMORY_ADVICE_H_
