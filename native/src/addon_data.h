// SPDX-License-Identifier: MIT
#ifndef UPM_ADDON_DATA_H_
#define UPM_ADDON_DATA_H_

#include <napi.h>

#include "buffer_location.h"

namespace upm {

// All state of the addon. Each environment (main thread, worker threads) has its own.
struct AddonData {
  explicit AddonData(Napi::Env env) : shared_buffers(env) {}

  static const AddonData& Of(Napi::Env env) { return *env.GetInstanceData<AddonData>(); }

  SharedBufferAccess shared_buffers;
};

}  // namespace upm

#endif  // UPM_ADDON_DATA_H_
