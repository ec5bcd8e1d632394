// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What Decoder and Encoder have in common: a handle that a context manager closes, and the
// arguments of the constructor.
#pragma once

#include <nanobind/nanobind.h>

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "glimt/glimt.h"
#include "python/enums.h"
#include "python/errors.h"
#include "python/outcome.h"

namespace glimt::python {

/// A Decoder or Encoder of the C++ API. Threads that use it take a copy of the handle: one that
/// closes it meanwhile does not disturb them.
template <class Handle>
class CodecObject {
 public:
  using Codec = Handle;
  explicit CodecObject(Codec codec)
      : codec_(std::move(codec)), device_id_(codec_->config().device_id) {}

  [[nodiscard]] std::optional<Codec> get() {
    const std::scoped_lock lock(mutex_);
    return codec_;
  }
  void close() {
    const std::scoped_lock lock(mutex_);
    codec_.reset();
  }
  [[nodiscard]] int device_id() const { return device_id_; }

  /// What became of the images of the last call, whichever thread made it.
  void remember(std::vector<Outcome> outcomes) {
    const std::scoped_lock lock(mutex_);
    last_.swap(outcomes);
  }
  [[nodiscard]] std::vector<Outcome> last() {
    const std::scoped_lock lock(mutex_);
    return last_;
  }

 private:
  std::mutex mutex_;
  std::optional<Codec> codec_;
  int device_id_;
  std::vector<Outcome> last_;
};

/// Backends and kinds, mixed. Raises TypeError for anything else.
std::vector<Backend> backends_of(nanobind::handle list);

template <class Codec>
void init_codec(CodecObject<Codec>* self, int device_id, int max_num_cpu_threads,
                nanobind::handle backends, std::string options) {
  CodecConfig config;
  config.device_id = device_id;
  config.max_num_cpu_threads = max_num_cpu_threads;
  config.backends = backends_of(backends);
  config.options = std::move(options);
  auto codec = [&] {
    const nanobind::gil_scoped_release released;
    return Codec::make(config);
  }();
  flush_engine_log();
  if (!codec.ok()) raise(codec.status());
  if (!codec->unknown_options().empty()) {
    std::string text = "unknown options have no effect:";
    for (const std::string& option : codec->unknown_options()) text += " " + option;
    log_record(LogLevel::warning, text);
  }
  new (self) CodecObject<Codec>(std::move(*codec));
}

/// Last outcomes as objects of the class that try_decode or try_encode returns.
template <class One, class Object>
nanobind::list last_status(Object& codec) {
  nanobind::list list;
  for (Outcome& outcome : codec.last()) list.append(One{std::move(outcome)});
  return list;
}

template <class Class>
void def_codec(Class& codec, const char* init_sig, const char* enter_sig,
               const char* default_options) {
  using namespace nanobind::literals;
  using Object = typename Class::Type;
  codec
      .def(
          "__init__", &init_codec<typename Object::Codec>, "device_id"_a = -1,
          "max_num_cpu_threads"_a = 0, "backends"_a = nanobind::none(),
          "options"_a = default_options, nanobind::sig(init_sig),
          "device_id: -1 is the current device; without a GPU it does not matter.\n"
          "max_num_cpu_threads: 0 is as many as there are cores; 1 is the calling thread alone.\n"
          "backends: Backends or BackendKinds that are allowed; None or [] is all.\n"
          "options: 'module:key=value', separated by spaces; without a module: for every backend.\n"
          "RuntimeError: only GPU kinds are allowed and there is no GPU; the option\n"
          "':cpu_fallback=1' lets the CPU serve instead.")
      .def_prop_ro("device_id", &Object::device_id, "Device of the constructor.")
      .def(
          "__enter__", [](nanobind::object self) { return self; }, nanobind::sig(enter_sig))
      .def(
          "__exit__", [](Object& self, const nanobind::args&) { self.close(); },
          nanobind::sig("def __exit__(self, *args: object) -> None"),
          "Frees what is held; calls after it find nothing to work with.");
}

}  // namespace glimt::python
