// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// TIFF files put together field by field, for the tests beside the code.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "metadata/ifd.h"

namespace glimt::tiff {

class FileForTest {
 public:
  struct Entry {
    std::uint16_t tag;
    FieldType type;
    std::vector<std::uint64_t> values;
  };

  explicit FileForTest(IfdLayout layout = IfdLayout::classic, bool big_endian = false)
      : big_(layout == IfdLayout::big), big_endian_(big_endian) {
    data = big_endian ? std::vector<std::uint8_t>{'M', 'M'} : std::vector<std::uint8_t>{'I', 'I'};
    put(big_ ? 43 : 42, 2);
    if (big_) put(8, 4);  // two numbers of 2 bytes, in either order
    if (big_ && big_endian) data[4] = 0, data[5] = 8, data[6] = data[7] = 0;
    put(0, big_ ? 8 : 4);
  }

  std::uint64_t add(Bytes bytes) {
    const std::uint64_t offset = data.size();
    data.insert(data.end(), bytes.begin(), bytes.end());
    return offset;
  }

  /// Adds an IFD, with the values that do not fit their fields before it.
  std::uint64_t add_ifd(const std::vector<Entry>& entries, std::uint64_t next = 0) {
    const std::size_t room = big_ ? 8 : 4;
    std::vector<std::uint64_t> offsets;
    for (const Entry& entry : entries) {
      const std::size_t bytes = field_type_bytes(entry.type);
      offsets.push_back(data.size());
      if (entry.values.size() * bytes <= room) continue;
      for (const std::uint64_t value : entry.values) put(value, bytes);
    }
    const std::uint64_t ifd = data.size();
    put(entries.size(), big_ ? 8 : 2);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const Entry& entry = entries[i];
      const std::size_t bytes = field_type_bytes(entry.type);
      put(entry.tag, 2);
      put(static_cast<std::uint16_t>(entry.type), 2);
      put(entry.values.size(), room);
      if (entry.values.size() * bytes > room) {
        put(offsets[i], room);
        continue;
      }
      const std::size_t end = data.size() + room;
      for (const std::uint64_t value : entry.values) put(value, bytes);
      data.resize(end);
    }
    next_at = data.size();
    put(next, room);
    return ifd;
  }

  void start_at(std::uint64_t ifd) { overwrite(big_ ? 8 : 4, ifd); }
  /// Writes an offset at a place.
  void overwrite(std::size_t at, std::uint64_t offset) {
    std::vector<std::uint8_t> rest(data.begin() + static_cast<std::ptrdiff_t>(at), data.end());
    data.resize(at);
    put(offset, big_ ? 8 : 4);
    data.insert(data.end(), rest.begin() + (big_ ? 8 : 4), rest.end());
  }

  std::vector<std::uint8_t> data;
  std::size_t next_at = 0;  ///< where the last IFD names the next

 private:
  void put(std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) {
      const std::size_t shift = 8 * (big_endian_ ? bytes - 1 - i : i);
      data.push_back(static_cast<std::uint8_t>(value >> shift));
    }
  }

  bool big_, big_endian_;
};

/// An image of 8 bits, its rows one after the other at `strip`.
inline std::vector<FileForTest::Entry> gray_image(std::uint64_t strip, std::uint64_t width,
                                                  std::uint64_t height) {
  using T = FieldType;
  return {{256, T::u32, {width}}, {257, T::u32, {height}}, {258, T::u16, {8}},
          {259, T::u16, {1}},     {262, T::u16, {1}},      {273, T::u32, {strip}},
          {277, T::u16, {1}},     {278, T::u32, {height}}, {279, T::u32, {width * height}}};
}

}  // namespace glimt::tiff
