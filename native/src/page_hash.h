// SPDX-License-Identifier: MIT
#ifndef UPM_PAGE_HASH_H_
#define UPM_PAGE_HASH_H_

#include <napi.h>

namespace upm {

// The object of page states by name.
Napi::Object PageStateNumbers(Napi::Env env);

Napi::Value HashPages(const Napi::CallbackInfo& info);

}  // namespace upm

#endif  // UPM_PAGE_HASH_H_
