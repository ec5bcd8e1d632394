// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Reading numbers out of bytes. The free functions take bytes known to be there; ByteReader checks,
// and remembers in ok() that it once ran out, so that a parser may check at the end of a group.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "glimt/types.h"

namespace glimt {

static_assert(std::endian::native == std::endian::little, "glimt supports little-endian hosts");

template <class T>
[[nodiscard]] inline T load_le(const std::uint8_t* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}
template <class T>
[[nodiscard]] inline T load_be(const std::uint8_t* p) {
  const T value = load_le<T>(p);
  if constexpr (sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(value));
  if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(value));
  if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(value));
}
template <class T>
inline void store_le(std::uint8_t* p, T value) {
  std::memcpy(p, &value, sizeof value);
}
template <class T>
inline void store_be(std::uint8_t* p, T value) {
  value = load_be<T>(reinterpret_cast<const std::uint8_t*>(&value));
  std::memcpy(p, &value, sizeof value);
}

[[nodiscard]] inline bool starts_with(Bytes data, const void* magic, std::size_t size) {
  return data.size() >= size && std::memcmp(data.data(), magic, size) == 0;
}

class ByteReader {
 public:
  explicit ByteReader(Bytes data, std::size_t position = 0) : data_(data), position_(position) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] std::size_t left() const {
    return position_ < data_.size() ? data_.size() - position_ : 0;
  }
  void seek(std::size_t position) { position_ = position; }
  void skip(std::size_t count) { take(count); }

  /// The next count bytes, or an empty span (and ok() false) when fewer are left.
  Bytes take(std::size_t count) {
    if (!ok_ || left() < count) {
      ok_ = false;
      return {};
    }
    const Bytes bytes = data_.subspan(position_, count);
    position_ += count;
    return bytes;
  }
  template <class T>
  T be() {
    const Bytes bytes = take(sizeof(T));
    return bytes.empty() ? T{} : load_be<T>(bytes.data());
  }
  template <class T>
  T le() {
    const Bytes bytes = take(sizeof(T));
    return bytes.empty() ? T{} : load_le<T>(bytes.data());
  }
  std::uint8_t u8() { return le<std::uint8_t>(); }

 private:
  Bytes data_;
  std::size_t position_;
  bool ok_ = true;
};

}  // namespace glimt
