// SPDX-License-Identifier: MIT
#include "arguments.h"

#include <unistd.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace upm {
namespace {

// 2^53 - 1: beyond it a JavaScript number no longer names one integer.
constexpr double kMaxSafeInteger = 9007199254740991.0;

std::string Quoted(const char* name) {
  return std::string("\"") + name + "\"";
}

std::string Utf8WithoutNul(const Arguments& arguments, const Napi::Value& value,
                           const std::string& name) {
  if (!value.IsString()) arguments.ThrowType(name + " must be a string");
  std::string text = value.As<Napi::String>().Utf8Value();
  // The kernel would end the string there and use another one than the caller meant.
  if (text.find('\0') != std::string::npos) {
    arguments.ThrowRange(name + " must not contain a NUL character");
  }
  return text;
}

}  // namespace

size_t PageSize() {
  return static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

bool RangeWraps(uint64_t address, uint64_t length) {
  const uint64_t page_mask = PageSize() - 1;
  uint64_t rounded = 0;
  uint64_t end = 0;
  if (__builtin_add_overflow(length, page_mask, &rounded)) return true;
  if (__builtin_add_overflow(address, rounded & ~page_mask, &end)) return true;
  return end > std::numeric_limits<uintptr_t>::max();
}

void Arguments::ThrowType(const std::string& message) const {
  throw Napi::TypeError::New(info_.Env(), message);
}

void Arguments::ThrowRange(const std::string& message) const {
  throw Napi::RangeError::New(info_.Env(), message);
}

bool Arguments::Boolean(size_t index, const char* name) const {
  if (!info_[index].IsBoolean()) ThrowType(Quoted(name) + " must be a boolean");
  return info_[index].As<Napi::Boolean>().Value();
}

int64_t Arguments::Integer(size_t index, const char* name, int64_t minimum, int64_t maximum) const {
  if (!info_[index].IsNumber()) ThrowType(Quoted(name) + " must be a number");
  const double value = info_[index].As<Napi::Number>().DoubleValue();
  // Written so that NaN fails too.
  const bool in_range = value >= static_cast<double>(minimum) &&
                        value <= static_cast<double>(maximum) && std::trunc(value) == value;
  if (!in_range) {
    ThrowRange(Quoted(name) + " must be an integer from " + std::to_string(minimum) + " to " +
               std::to_string(maximum));
  }
  return static_cast<int64_t>(value);
}

pid_t Arguments::ProcessId(size_t index, const char* name, pid_t minimum) const {
  return static_cast<pid_t>(Integer(index, name, minimum, std::numeric_limits<pid_t>::max()));
}

uint64_t Arguments::Address(size_t index, const char* name) const {
  if (!info_[index].IsBigInt()) ThrowType(Quoted(name) + " must be a bigint");
  bool lossless = false;
  const uint64_t value = info_[index].As<Napi::BigInt>().Uint64Value(&lossless);
  if (!lossless || value > std::numeric_limits<uintptr_t>::max()) {
    ThrowRange(Quoted(name) + " must be an address of this machine");
  }
  return value;
}

uint64_t Arguments::ByteCount(size_t index, const char* name) const {
  const Napi::Value value = info_[index];
  uint64_t bytes = 0;
  bool valid = false;
  if (value.IsBigInt()) {
    bytes = value.As<Napi::BigInt>().Uint64Value(&valid);
  } else if (value.IsNumber()) {
    const double number = value.As<Napi::Number>().DoubleValue();
    valid = number >= 0 && number <= kMaxSafeInteger && std::trunc(number) == number;
    if (valid) bytes = static_cast<uint64_t>(number);
  } else {
    ThrowType(Quoted(name) + " must be a bigint or a number");
  }
  if (!valid || bytes > std::numeric_limits<size_t>::max()) {
    ThrowRange(Quoted(name) + " must be a non-negative integral number of bytes");
  }
  return bytes;
}

std::string Arguments::String(size_t index, const char* name) const {
  return Utf8WithoutNul(*this, info_[index], Quoted(name));
}

std::vector<std::string> Arguments::Strings(size_t index, const char* name) const {
  if (!info_[index].IsArray()) ThrowType(Quoted(name) + " must be an array of strings");
  const Napi::Array array = info_[index].As<Napi::Array>();
  std::vector<std::string> strings;
  // The length is read anew each time: a getter of the array may change it. No reserve(): the
  // length of a sparse array says nothing about its size.
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::HandleScope scope(info_.Env());
    const Napi::Value element = array.Get(i);
    strings.push_back(Utf8WithoutNul(*this, element, Quoted(name) + "[" + std::to_string(i) + "]"));
  }
  return strings;
}

template <typename Element>
std::vector<Element> Arguments::Copy(size_t index, const char* name, napi_typedarray_type type,
                                     const char* type_name) const {
  const Napi::Value value = info_[index];
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) {
    ThrowType(Quoted(name) + " must be a " + type_name);
  }
  size_t length = 0;
  void* data = nullptr;
  napi_value buffer = nullptr;
  const napi_status status =
      napi_get_typedarray_info(info_.Env(), value, nullptr, &length, &data, &buffer, nullptr);
  NAPI_THROW_IF_FAILED(info_.Env(), status, {});
  bool detached = false;
  NAPI_THROW_IF_FAILED(info_.Env(), napi_is_detached_arraybuffer(info_.Env(), buffer, &detached),
                       {});
  if (detached) ThrowRange(Quoted(name) + " is detached");
  std::vector<Element> copy(length);
  if (length > 0) std::memcpy(copy.data(), data, length * sizeof(Element));
  return copy;
}

std::vector<uint64_t> Arguments::Words(size_t index, const char* name) const {
  return Copy<uint64_t>(index, name, napi_biguint64_array, "BigUint64Array");
}

std::vector<uint8_t> Arguments::Bytes(size_t index, const char* name) const {
  return Copy<uint8_t>(index, name, napi_uint8_array, "Uint8Array");
}

}  // namespace upm
