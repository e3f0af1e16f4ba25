// SPDX-License-Identifier: MIT
#ifndef UPM_PROMISE_WORKER_H_
#define UPM_PROMISE_WORKER_H_

#include <napi.h>

#include <memory>
#include <optional>
#include <utility>

#include "errors.h"

namespace upm {

// One task on the thread pool whose outcome is a promise.
class PromiseWorker : public Napi::AsyncWorker {
 public:
  // Runs a `Worker` made from `env` and `arguments`; it deletes itself when done.
  template <typename Worker, typename... Arguments>
  static Napi::Promise Run(Napi::Env env, Arguments&&... arguments) {
    auto worker = std::make_unique<Worker>(env, std::forward<Arguments>(arguments)...);
    Napi::Promise promise = worker->deferred_.Promise();
    worker->Queue();
    worker.release();
    return promise;
  }

 protected:
  PromiseWorker(Napi::Env env, const char* name)
      : Napi::AsyncWorker(env, name), deferred_(Napi::Promise::Deferred::New(env)) {}

  // On a pool thread: no JavaScript may be touched. Throws SystemError.
  virtual void Work() = 0;

  // On the JavaScript thread, after Work() returned.
  virtual Napi::Value Result(Napi::Env env) = 0;

 private:
  void Execute() final {
    try {
      Work();
    } catch (const SystemError& error) {
      failure_ = error;
    }
  }

  void OnOK() final {
    if (failure_) {
      deferred_.Reject(failure_->ToJavaScript(Env()).Value());
    } else {
      deferred_.Resolve(Result(Env()));
    }
  }

  // Any other exception of Work(), such as std::bad_alloc.
  void OnError(const Napi::Error& error) final { deferred_.Reject(error.Value()); }

  Napi::Promise::Deferred deferred_;
  std::optional<SystemError> failure_;
};

// Memory for a result, written on a pool thread and handed to JavaScript without a copy. Until then
// no JavaScript can reach the buffer, so it can be neither detached nor resized under the writer.
class ResultBuffer {
 public:
  ResultBuffer(Napi::Env env, size_t bytes) {
    Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, bytes);
    data_ = buffer.Data();
    reference_ = Napi::Persistent(buffer);
  }

  template <typename Element>
  Element* As() const {
    return static_cast<Element*>(data_);
  }
  Napi::ArrayBuffer Value() const { return reference_.Value(); }

 private:
  void* data_ = nullptr;
  Napi::Reference<Napi::ArrayBuffer> reference_;
};

}  // namespace upm

#endif  // UPM_PROMISE_WORKER_H_
