// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "glimt/encoder.h"

namespace glimt {

/// Growing bytes in pooled memory that an encoder writes. Starts in the caller's buffer if given.
class Sink {
 public:
  Sink() = default;
  explicit Sink(EncodedBytes reuse) : memory_(std::move(reuse)) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  /// Bytes that fit before memory is taken.
  [[nodiscard]] std::size_t capacity() const { return memory_.capacity(); }
  /// All bytes written so far, for patching earlier ones.
  [[nodiscard]] std::span<std::uint8_t> written() { return {memory_.data(), size_}; }

  /// At least `bytes` writable bytes behind size(); follow with commit(). Code::out_of_memory.
  /// Invalidates earlier spans.
  Result<std::span<std::uint8_t>> reserve(std::size_t bytes);
  void commit(std::size_t bytes) { size_ += bytes; }
  /// Takes back what was written behind the first `size` bytes, at most size().
  void shrink(std::size_t size) { size_ = size; }

  Status append(Bytes data) {
    GLIMT_TRY(const auto room, reserve(data.size()));
    if (!data.empty()) std::memcpy(room.data(), data.data(), data.size());
    commit(data.size());
    return {};
  }
  template <class T>
  Status append_be(T value) {
    std::uint8_t bytes[sizeof(T)];
    store_be(bytes, value);
    return append(bytes);
  }
  template <class T>
  Status append_le(T value) {
    std::uint8_t bytes[sizeof(T)];
    store_le(bytes, value);
    return append(bytes);
  }

  /// Ends writing: the bytes and their memory.
  EncodedBytes finish() &&;

 private:
  EncodedBytes memory_;
  std::size_t size_ = 0;
};

}  // namespace glimt
