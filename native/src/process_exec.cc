// SPDX-License-Identifier: MIT
#include "process_exec.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <string>
#include <vector>

#include "arguments.h"
#include "errors.h"

// What the next program would inherit from Node by accident, and what happens to it here:
//   ignored signals           back to their defaults; the kernel itself does that for caught ones
//   the signal mask           emptied
//   O_NONBLOCK on 0, 1, 2     cleared: libuv sets it, and few programs expect it. The flag belongs
//   to
//                             the open file, so other processes that share it see the change too;
//                             Node does the same when it exits
//   close-on-exec on 0, 1, 2  cleared
// Left as they are:
//   other descriptors         those that Node was given at its start are close-on-exec by then, as
//   far
//                             as libuv found them (the first gap after number 15 ends its search)
//   the terminal's mode       Node restores it when it leaves raw mode
//   RLIMIT_NOFILE             Node raises the soft limit to the hard one at its start, and keeps
//   the
//                             old value nowhere

namespace upm {
namespace {

class DefaultSignals {
 public:
  DefaultSignals() {
    for (int signal = 1; signal < NSIG; ++signal) {
      struct sigaction action = {};
      // Refused for the signals that the C library keeps for itself.
      if (sigaction(signal, nullptr, &action) != 0 || action.sa_handler != SIG_IGN) continue;
      ignored_.push_back({signal, action});
      struct sigaction reset = {};
      reset.sa_handler = SIG_DFL;
      sigaction(signal, &reset, nullptr);
    }
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, &mask_);
  }
  ~DefaultSignals() {
    pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
    for (const Ignored& entry : ignored_)
      sigaction(entry.signal, &entry.action, nullptr);
  }
  DefaultSignals(const DefaultSignals&) = delete;
  DefaultSignals& operator=(const DefaultSignals&) = delete;

 private:
  struct Ignored {
    int signal;
    struct sigaction action;
  };
  std::vector<Ignored> ignored_;
  sigset_t mask_{};
};

// Makes one descriptor blocking and inheritable for the life of the object. One that is not open is
// left alone: the next program gets it as this one did.
class PlainDescriptor {
 public:
  explicit PlainDescriptor(int fd)
      : fd_(fd), descriptor_flags_(fcntl(fd, F_GETFD)), status_flags_(fcntl(fd, F_GETFL)) {
    if (closes_on_exec()) fcntl(fd_, F_SETFD, descriptor_flags_ & ~FD_CLOEXEC);
    if (does_not_block()) fcntl(fd_, F_SETFL, status_flags_ & ~O_NONBLOCK);
  }
  ~PlainDescriptor() {
    if (closes_on_exec()) fcntl(fd_, F_SETFD, descriptor_flags_);
    if (does_not_block()) fcntl(fd_, F_SETFL, status_flags_);
  }
  PlainDescriptor(const PlainDescriptor&) = delete;
  PlainDescriptor& operator=(const PlainDescriptor&) = delete;

 private:
  bool closes_on_exec() const {
    return descriptor_flags_ != -1 && (descriptor_flags_ & FD_CLOEXEC) != 0;
  }
  bool does_not_block() const { return status_flags_ != -1 && (status_flags_ & O_NONBLOCK) != 0; }

  const int fd_;
  const int descriptor_flags_;
  const int status_flags_;
};

// The null-terminated array that execve() takes. `strings` must outlive it.
std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  // execve() does not write through them; its type dates from before const.
  for (const std::string& text : strings)
    pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Where to look for `file`: itself if it has a slash, else in each folder of PATH in `environment`.
std::vector<std::string> Candidates(const std::string& file,
                                    const std::vector<std::string>& environment) {
  if (file.find('/') != std::string::npos) return {file};
  std::string path = "/bin:/usr/bin";
  for (const std::string& entry : environment) {
    if (entry.compare(0, 5, "PATH=") != 0) continue;
    path = entry.substr(5);
    break;
  }
  std::vector<std::string> candidates;
  for (size_t start = 0; start <= path.size();) {
    const size_t end = std::min(path.find(':', start), path.size());
    // An empty folder name is the current folder.
    std::string folder = path.substr(start, end - start);
    candidates.push_back((folder.empty() ? "." : folder) + "/" + file);
    start = end + 1;
  }
  return candidates;
}

// Whether a search goes on with the next folder after this error of execve(), as execvpe() has it.
bool SearchGoesOn(int error) {
  switch (error) {
    case EACCES:
    case ENAMETOOLONG:
    case ENODEV:
    case ENOENT:
    case ENOTDIR:
    case ESTALE:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

class Program {
 public:
  Program(const std::vector<std::string>& argv, const std::vector<std::string>& environment)
      : argv_(Pointers(argv)), environment_(Pointers(environment)) {}

  // Returns only on failure: the errno value.
  int Start(const std::vector<std::string>& candidates) const {
    int error = ENOENT;
    bool denied = false;
    for (const std::string& candidate : candidates) {
      error = Start(candidate);
      if (!SearchGoesOn(error)) return error;
      denied = denied || error == EACCES;
    }
    // A program that exists but must not be run is the more useful thing to report.
    return denied ? EACCES : error;
  }

 private:
  int Start(const std::string& path) const {
    execve(path.c_str(), argv_.data(), environment_.data());
    if (errno != ENOEXEC) return errno;
    // A script without an interpreter line.
    char shell[] = "/bin/sh";
    std::vector<char*> argv = {shell, const_cast<char*>(path.c_str())};
    argv.insert(argv.end(), argv_.begin() + 1, argv_.end());
    execve(shell, argv.data(), environment_.data());
    return errno;
  }

  const std::vector<char*> argv_;
  const std::vector<char*> environment_;
};

// Returns only on failure: the errno value.
int Replace(const Program& program, const std::vector<std::string>& candidates) {
  // Signals and descriptors belong to the whole process, so that two threads that try at once would
  // save each other's temporary state as the original.
  static std::mutex replacing;
  const std::lock_guard<std::mutex> lock(replacing);
  const DefaultSignals signals;
  const PlainDescriptor input(STDIN_FILENO);
  const PlainDescriptor output(STDOUT_FILENO);
  const PlainDescriptor diagnostics(STDERR_FILENO);
  return program.Start(candidates);
}

}  // namespace

Napi::Value Exec(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const std::string file = arguments.String(0, "file");
  const std::vector<std::string> argv = arguments.Strings(1, "argv");
  const std::vector<std::string> environment = arguments.Strings(2, "environment");
  if (file.empty()) arguments.ThrowRange("\"file\" must not be empty");
  if (argv.empty()) arguments.ThrowRange("\"argv\" must hold at least argv[0]");
  for (size_t i = 0; i < environment.size(); ++i) {
    if (environment[i].find('=') == std::string::npos) {
      arguments.ThrowRange("\"environment\"[" + std::to_string(i) + "] must be NAME=value");
    }
  }
  throw SystemError("execve", Replace(Program(argv, environment), Candidates(file, environment)));
}

}  // namespace upm
