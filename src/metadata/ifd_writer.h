// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Image file directories as they are written: little endian, classic or BigTIFF. They become bytes
// for a position in a file, whether that is memory or on a disk:
//
//   put tiff_header(layout, 0) at 0
//   write the strips of a page; fields.set_offsets(kStripOffsets, ...)
//   at = the next even position; put fields.bytes_at(layout, at) there
//   put link_bytes(layout, at) at the link before: first_link(layout) in the header, then
//   at + fields.link(layout) of the IFD before
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "metadata/ifd.h"

namespace glimt {

/// "II", 42 or 43, and the offset of the first IFD: 8 bytes, 16 of a BigTIFF. Layouts are classic
/// or big.
std::vector<std::uint8_t> tiff_header(IfdLayout layout, std::uint64_t first_ifd);
/// Where the header names the first IFD.
constexpr std::uint64_t first_link(IfdLayout layout) { return layout == IfdLayout::big ? 8 : 4; }
/// An offset as the layout writes it, for a link.
std::vector<std::uint8_t> link_bytes(IfdLayout layout, std::uint64_t offset);
/// Bytes that a file may have: those that offsets reach.
constexpr std::uint64_t most_bytes(IfdLayout layout) {
  return layout == IfdLayout::big ? UINT64_MAX : UINT32_MAX;
}

/// The fields of an IFD that is to be written, sorted by their tags. A tag that is set again has
/// its last value.
class IfdFields {
 public:
  /// Integers of one of the integer types, which hold them.
  void set(std::uint16_t tag, FieldType type, std::span<const std::uint64_t> values);
  void set(std::uint16_t tag, FieldType type, std::uint64_t value) { set(tag, type, {&value, 1}); }
  /// Offsets and byte counts: LONGs, in a BigTIFF LONG8s.
  void set_offsets(std::uint16_t tag, std::span<const std::uint64_t> values);
  /// ASCII, with its NUL.
  void set_text(std::uint16_t tag, std::string_view text);
  void set_bytes(std::uint16_t tag, FieldType type, Bytes bytes);
  /// Each a numerator and a denominator.
  void set_rationals(std::uint16_t tag, std::span<const std::array<std::uint32_t, 2>> values);
  /// Values as they lie in the host's memory. Code::bad_argument: the type does not exist, or the
  /// bytes are not that many values.
  Status set_values(std::uint16_t tag, FieldType type, std::uint64_t count, Bytes values);
  /// A whole field of a file, its bytes in this machine's order.
  Status copy(const Field& field);
  /// An IFD of its own, which is written behind this one, and its offset.
  void set_child(std::uint16_t tag, IfdFields child);

  [[nodiscard]] bool has(std::uint16_t tag) const { return fields_.contains(tag); }
  void erase(std::uint16_t tag) { fields_.erase(tag); }
  [[nodiscard]] bool empty() const { return fields_.empty(); }

  /// Bytes of the IFD with its values and its children; `offset` is even.
  [[nodiscard]] std::uint64_t size(IfdLayout layout) const;
  /// The IFD for an even position. Code::limit: a value or an offset does not fit a classic file,
  /// or there are no fields.
  [[nodiscard]] Result<std::vector<std::uint8_t>> bytes_at(IfdLayout layout, std::uint64_t offset,
                                                           std::uint64_t next = 0) const;
  /// Where, from its own begin, the IFD names the next one.
  [[nodiscard]] std::uint64_t link(IfdLayout layout) const;

 private:
  /// Values in little-endian order, but those of `offset` and `child`, which the layout widens.
  struct Values {
    FieldType type{};
    std::uint64_t count = 0;
    std::vector<std::uint8_t> data;
    bool offset = false;             ///< data are 64-bit numbers
    std::vector<IfdFields> child{};  ///< one or none
  };
  Status put(IfdLayout layout, std::uint64_t offset, std::uint64_t next,
             std::vector<std::uint8_t>& out) const;

  std::map<std::uint16_t, Values> fields_;
};

}  // namespace glimt
