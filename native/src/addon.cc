// SPDX-License-Identifier: MIT
// Wiring only: names of the functions that src/native/binding.ts describes.
#include <napi.h>

#include "addon_data.h"
#include "arguments.h"
#include "buffer_location.h"
#include "errors.h"
#include "malloc_thresholds.h"
#include "memory_advice.h"
#include "memory_merge.h"
#include "notify.h"
#include "page_counts.h"
#include "page_hash.h"
#include "pagemap.h"
#include "peer_credentials.h"
#include "pidfd.h"
#include "process_exec.h"

namespace upm {
namespace {

template <Napi::Value (*Function)(const Napi::CallbackInfo&)>
Napi::Value Guarded(const Napi::CallbackInfo& info) {
  try {
    return Function(info);
  } catch (const SystemError& error) {
    throw error.ToJavaScript(info.Env());
  }
}

template <Napi::Value (*Function)(const Napi::CallbackInfo&)>
void Export(Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New<Guarded<Function>>(exports.Env(), name));
}

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new AddonData(env));
  exports.Set("pageSize", Napi::Number::New(env, static_cast<double>(PageSize())));
  exports.Set("advice", AdviceNumbers(env));
  exports.Set("pageStates", PageStateNumbers(env));
  Export<Locate>(exports, "locate");
  Export<Madvise>(exports, "madvise");
  Export<MadviseRanges>(exports, "madviseRanges");
  Export<SetMemoryMerge>(exports, "setMemoryMerge");
  Export<GetMemoryMerge>(exports, "getMemoryMerge");
  Export<SetMallocThresholds>(exports, "setMallocThresholds");
  Export<TrimMalloc>(exports, "trimMalloc");
  Export<PeerCredentials>(exports, "peerCredentials");
  Export<SdNotify>(exports, "sdNotify");
  Export<PidfdOpen>(exports, "pidfdOpen");
  Export<HashPages>(exports, "hashPages");
  Export<ReadPagemap>(exports, "readPagemap");
  Export<ReadPageCounts>(exports, "readPageCounts");
  Export<Exec>(exports, "exec");
  return exports;
}

NODE_API_MODULE(upm, Initialize)

}  // namespace
}  // namespace upm
