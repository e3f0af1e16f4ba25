// SPDX-License-Identifier: MIT
#ifndef UPM_PAGE_COUNTS_H_
#define UPM_PAGE_COUNTS_H_

#include <napi.h>

namespace upm {

Napi::Value ReadPageCounts(const Napi::CallbackInfo& info);

}  // namespace upm

#endif  // UPM_PAGE_COUNTS_H_
