// SPDX-License-Identifier: MIT
#ifndef UPM_ARGUMENTS_H_
#define UPM_ARGUMENTS_H_

#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace upm {

size_t PageSize();

// The arguments of one call from JavaScript. Each reader returns a value that is in range, or
// throws a TypeError (wrong type) or RangeError (impossible value) that names the argument.
class Arguments {
 public:
  explicit Arguments(const Napi::CallbackInfo& info) : info_(info) {}

  bool Boolean(size_t index, const char* name) const;

  // An integral number within [minimum, maximum]; both limits must be safe integers.
  int64_t Integer(size_t index, const char* name, int64_t minimum, int64_t maximum) const;

  // A process id of at least `minimum`.
  pid_t ProcessId(size_t index, const char* name, pid_t minimum) const;

  // A bigint that fits a pointer of this machine.
  uint64_t Address(size_t index, const char* name) const;

  // A bigint or integral number of bytes that fits a size of this machine.
  uint64_t ByteCount(size_t index, const char* name) const;

  // A string without NUL, as UTF-8.
  std::string String(size_t index, const char* name) const;

  // An array of strings without NUL, as UTF-8.
  std::vector<std::string> Strings(size_t index, const char* name) const;

  // A copy of a BigUint64Array.
  std::vector<uint64_t> Words(size_t index, const char* name) const;

  // A copy of a Uint8Array.
  std::vector<uint8_t> Bytes(size_t index, const char* name) const;

  [[noreturn]] void ThrowType(const std::string& message) const;
  [[noreturn]] void ThrowRange(const std::string& message) const;

 private:
  template <typename Element>
  std::vector<Element> Copy(size_t index, const char* name, napi_typedarray_type type,
                            const char* type_name) const;

  const Napi::CallbackInfo& info_;
};

// Whether [address, address + length), with its end rounded up to a page as the kernel does it,
// ends beyond the largest address.
bool RangeWraps(uint64_t address, uint64_t length);

}  // namespace upm

#endif  // UPM_ARGUMENTS_H_
