// SPDX-License-Identifier: MIT
#ifndef UPM_PEER_CREDENTIALS_H_
#define UPM_PEER_CREDENTIALS_H_

#include <napi.h>

namespace upm {

Napi::Value PeerCredentials(const Napi::CallbackInfo& info);

}  // namespace upm

#endif  // UPM_PEER_CREDENTIALS_H_
