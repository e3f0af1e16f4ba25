// SPDX-License-Identifier: MIT
#include "peer_credentials.h"

#include <sys/socket.h>

#include <cerrno>
#include <limits>

#include "arguments.h"
#include "errors.h"

namespace upm {
namespace {

template <typename Option>
Option SocketOption(int fd, int name) {
  Option value{};
  socklen_t size = sizeof value;
  if (getsockopt(fd, SOL_SOCKET, name, &value, &size) != 0) ThrowErrno("getsockopt");
  return value;
}

ucred ReadPeerCredentials(int fd) {
  // The kernel answers SO_PEERCRED for every socket. For one without a unix peer the answer is not
  // about a peer: "nobody" for an internet or unconnected socket, ourselves for a listening one.
  const bool may_have_peer =
      SocketOption<int>(fd, SO_DOMAIN) == AF_UNIX && SocketOption<int>(fd, SO_ACCEPTCONN) == 0;
  if (!may_have_peer) throw SystemError("getsockopt", ENOTCONN);
  const ucred credentials = SocketOption<ucred>(fd, SO_PEERCRED);
  // Only the user tells "nobody": the pid is 0 as well for a peer in a foreign pid namespace.
  if (credentials.uid == static_cast<uid_t>(-1)) throw SystemError("getsockopt", ENOTCONN);
  return credentials;
}

}  // namespace

Napi::Value PeerCredentials(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto fd =
      static_cast<int>(Arguments(info).Integer(0, "fd", 0, std::numeric_limits<int>::max()));
  const ucred credentials = ReadPeerCredentials(fd);
  Napi::Object result = Napi::Object::New(env);
  result.Set("pid", Napi::Number::New(env, credentials.pid));
  result.Set("uid", Napi::Number::New(env, credentials.uid));
  result.Set("gid", Napi::Number::New(env, credentials.gid));
  return result;
}

}  // namespace upm
