// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Owners of streams and events.
#pragma once

#include <utility>

#include "gpu/runtime.h"

namespace glimt::gpu {

/// Owns a handle; made by Stream::make() and Event::make() on the calling thread's device.
template <class Handle, Result<Handle> (*create)()>
class Owned {
 public:
  static Result<Owned> make() {
    GLIMT_TRY(Handle handle, create());
    Owned owned;
    owned.handle_ = handle;
    return Result<Owned>(std::move(owned));
  }
  Owned() = default;
  Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Owned() {
    if (handle_ != nullptr) destroy(handle_);
  }
  [[nodiscard]] Handle get() const { return handle_; }

 private:
  Handle handle_ = nullptr;
};

/// A stream that does not synchronise with the default stream.
using Stream = Owned<StreamHandle, create_stream>;
/// An event without timing.
using Event = Owned<EventHandle, create_event>;

}  // namespace glimt::gpu
