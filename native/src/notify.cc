// SPDX-License-Identifier: MIT
#include "notify.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <string>

#include "arguments.h"
#include "errors.h"
#include "file_descriptor.h"

namespace upm {
namespace {

struct SocketAddress {
  sockaddr_un value{};
  socklen_t size = 0;
};

SocketAddress AddressOf(const Arguments& arguments, const std::string& path) {
  const bool abstract = !path.empty() && path[0] == '@';
  if (path.size() < 2 || !(abstract || path[0] == '/')) {
    arguments.ThrowRange("\"socketPath\" must be an absolute path or \"@\" and a name");
  }
  SocketAddress address;
  // A path needs its final NUL; an abstract name is as long as the size says.
  const size_t capacity = sizeof address.value.sun_path - (abstract ? 0 : 1);
  if (path.size() > capacity) {
    arguments.ThrowRange("\"socketPath\" is longer than " + std::to_string(capacity) + " bytes");
  }
  address.value.sun_family = AF_UNIX;
  std::memcpy(address.value.sun_path, path.data(), path.size());
  if (abstract) address.value.sun_path[0] = '\0';
  address.size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
  return address;
}

void Send(const SocketAddress& address, const std::string& message) {
  const FileDescriptor socket_fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket_fd.get() < 0) ThrowErrno("socket");
  // Not waiting: a service manager that does not read must not stop the event loop.
  const ssize_t sent =
      sendto(socket_fd.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
             reinterpret_cast<const sockaddr*>(&address.value), address.size);
  if (sent < 0) ThrowErrno("sendto");
}

}  // namespace

Napi::Value SdNotify(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const std::string path = arguments.String(0, "socketPath");
  const std::string message = arguments.String(1, "message");
  if (message.empty()) arguments.ThrowRange("\"message\" must not be empty");
  Send(AddressOf(arguments, path), message);
  return info.Env().Undefined();
}

}  // namespace upm
