// SPDX-License-Identifier: MIT
#include "buffer_location.h"

#include <cstdint>

#include "addon_data.h"
#include "arguments.h"

namespace upm {
namespace {

struct Location {
  const void* data = nullptr;
  size_t length = 0;
};

// Bytes of one element, or 0 for a type that this version of Node-API does not know.
size_t ElementSize(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array:
      return 1;
    case napi_int16_array:
    case napi_uint16_array:
    case napi_float16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      return 8;
  }
  return 0;
}

bool IsDetached(Napi::Env env, napi_value buffer) {
  bool detached = false;
  NAPI_THROW_IF_FAILED(env, napi_is_detached_arraybuffer(env, buffer, &detached), false);
  return detached;
}

Location OfTypedArray(const Arguments& arguments, Napi::Env env, napi_value value) {
  // A type that Node does not know leaves this as it is. 15 is the largest value that the
  // enumeration may hold, and no type has it.
  auto type = static_cast<napi_typedarray_type>(15);
  size_t elements = 0;
  void* data = nullptr;
  napi_value buffer = nullptr;
  const napi_status status =
      napi_get_typedarray_info(env, value, &type, &elements, &data, &buffer, nullptr);
  NAPI_THROW_IF_FAILED(env, status, {});
  if (IsDetached(env, buffer)) arguments.ThrowRange("\"buffer\" is detached");
  const size_t element_size = ElementSize(type);
  if (element_size == 0) arguments.ThrowType("\"buffer\" has an unknown element type");
  return {data, elements * element_size};
}

Location OfDataView(const Arguments& arguments, Napi::Env env, napi_value value) {
  Location location;
  void* data = nullptr;
  napi_value buffer = nullptr;
  const napi_status status =
      napi_get_dataview_info(env, value, &location.length, &data, &buffer, nullptr);
  NAPI_THROW_IF_FAILED(env, status, {});
  if (IsDetached(env, buffer)) arguments.ThrowRange("\"buffer\" is detached");
  location.data = data;
  return location;
}

Location OfArrayBuffer(const Arguments& arguments, Napi::Env env, napi_value value) {
  if (IsDetached(env, value)) arguments.ThrowRange("\"buffer\" is detached");
  Location location;
  void* data = nullptr;
  NAPI_THROW_IF_FAILED(env, napi_get_arraybuffer_info(env, value, &data, &location.length), {});
  location.data = data;
  return location;
}

Location LocationOf(const Arguments& arguments, Napi::Env env, const Napi::Value& value) {
  if (value.IsTypedArray()) return OfTypedArray(arguments, env, value);
  if (value.IsDataView()) return OfDataView(arguments, env, value);
  if (value.IsArrayBuffer()) return OfArrayBuffer(arguments, env, value);
  const Napi::Value shared_view = AddonData::Of(env).shared_buffers.ViewOf(value);
  if (shared_view.IsEmpty()) {
    arguments.ThrowType("\"buffer\" must be an ArrayBuffer, a SharedArrayBuffer or a view of one");
  }
  return OfTypedArray(arguments, env, shared_view);
}

}  // namespace

SharedBufferAccess::SharedBufferAccess(Napi::Env env) {
  const Napi::Object global = env.Global();
  const Napi::Value shared_array_buffer = global.Get("SharedArrayBuffer");
  // Node can be started without it.
  if (!shared_array_buffer.IsFunction()) return;
  const Napi::Object prototype =
      shared_array_buffer.As<Napi::Object>().Get("prototype").As<Napi::Object>();
  const Napi::Function describe =
      global.Get("Object").As<Napi::Object>().Get("getOwnPropertyDescriptor").As<Napi::Function>();
  const Napi::Object descriptor =
      describe.Call({prototype, Napi::String::New(env, "byteLength")}).As<Napi::Object>();
  byte_length_ = Napi::Persistent(descriptor.Get("get").As<Napi::Function>());
  uint8_array_ = Napi::Persistent(global.Get("Uint8Array").As<Napi::Function>());
}

Napi::Value SharedBufferAccess::ViewOf(const Napi::Value& value) const {
  if (byte_length_.IsEmpty() || !value.IsObject()) return {};
  // The getter throws for everything that is not a SharedArrayBuffer, whatever its prototype says;
  // without that test the constructor would run code of, or copy from, any iterable object.
  try {
    byte_length_.Call(value, {});
  } catch (const Napi::Error&) {
    return {};
  }
  return uint8_array_.New({value});
}

Napi::Value Locate(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Arguments arguments(info);
  const Location location = LocationOf(arguments, env, info[0]);
  if (location.length == 0 || location.data == nullptr) {
    arguments.ThrowRange("\"buffer\" has no bytes");
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set(
      "address",
      Napi::BigInt::New(env, static_cast<uint64_t>(reinterpret_cast<uintptr_t>(location.data))));
  result.Set("length", Napi::Number::New(env, static_cast<double>(location.length)));
  return result;
}

}  // namespace upm
