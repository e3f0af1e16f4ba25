// SPDX-License-Identifier: MIT
#ifndef UPM_BUFFER_LOCATION_H_
#define UPM_BUFFER_LOCATION_H_

#include <napi.h>

namespace upm {

// What locate() needs to see through a SharedArrayBuffer, for which Node-API 9 has no functions.
// Taken when the addon is loaded, one set per environment, so that later changes to the globals
// have no effect.
class SharedBufferAccess {
 public:
  explicit SharedBufferAccess(Napi::Env env);

  // A view of all bytes of `value` if it is a SharedArrayBuffer, of any realm; else an empty value.
  Napi::Value ViewOf(const Napi::Value& value) const;

 private:
  Napi::FunctionReference uint8_array_;
  Napi::FunctionReference byte_length_;
};

Napi::Value Locate(const Napi::CallbackInfo& info);

}  // namespace upm

#endif  // UPM_BUFFER_LOCATION_H_
