// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Image file directories (IFDs): the structure of TIFF 6.0 section 2, of BigTIFF and of EXIF
// blocks. Everything is read where it lies in the file; nothing is copied or allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "glimt/types.h"

namespace glimt {

/// The type of a field's values: numbers of TIFF 6.0 section 2, and of BigTIFF.
enum class FieldType : std::uint16_t {
  byte = 1,
  ascii = 2,
  u16 = 3,       ///< SHORT
  u32 = 4,       ///< LONG
  rational = 5,  ///< two LONGs
  i8 = 6,        ///< SBYTE
  undefined = 7,
  i16 = 8,         ///< SSHORT
  i32 = 9,         ///< SLONG
  srational = 10,  ///< two SLONGs
  f32 = 11,
  f64 = 12,
  ifd = 13,   ///< LONG: the offset of an IFD
  u64 = 16,   ///< LONG8
  i64 = 17,   ///< SLONG8
  ifd8 = 18,  ///< LONG8: the offset of an IFD
};

/// Bytes of one value; 0 for a type that does not exist.
constexpr std::size_t field_type_bytes(FieldType type) {
  constexpr std::uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
  const auto index = static_cast<std::size_t>(type);
  return index < sizeof sizes ? sizes[index] : 0;
}

/// How a file's offsets are written.
enum class IfdLayout : std::uint8_t {
  classic,  ///< 32 bits
  big,      ///< BigTIFF: 64 bits
  ndpi,     ///< Hamamatsu: classic entries, whose upper 32 bits follow the IFD
};

/// Values of the file header.
struct TiffHeader {
  bool big_endian = false;
  IfdLayout layout = IfdLayout::classic;
  std::uint64_t first_ifd = 0;
};

/// "II" or "MM", then 42 or 43: 8 bytes, 16 of a BigTIFF. Code::corrupt, truncated. Files of
/// Hamamatsu above 4 GiB are told by their private tag.
Result<TiffHeader> read_tiff_header(Bytes file);

/// One entry of an IFD, and where its values lie.
struct Field {
  std::uint16_t tag = 0;
  FieldType type{};
  std::uint64_t count = 0;
  bool big_endian = false;
  std::uint32_t upper = 0;  ///< bits 32 to 63 of a single LONG in a file of Hamamatsu
  /// The values as stored; empty when the type does not exist or they do not lie within the file.
  Bytes data;

  /// All of the values are there.
  [[nodiscard]] bool whole() const { return !data.empty(); }
  /// Value `index` (below count) of a whole field as an unsigned number; nothing where the type is
  /// none of integers or the value is negative.
  [[nodiscard]] std::optional<std::uint64_t> unsigned_at(std::uint64_t index) const;
  /// The same as a signed number. Values above 2^63 - 1 are none.
  [[nodiscard]] std::optional<std::int64_t> signed_at(std::uint64_t index) const;
  /// The same of any numeric type, rationals divided; nothing for n / 0.
  [[nodiscard]] std::optional<double> number_at(std::uint64_t index) const;
  /// ASCII up to its first NUL; "" of other types.
  [[nodiscard]] std::string_view text() const;
};

/// A directory, in the file where it lies.
class Ifd {
 public:
  /// Code::corrupt, truncated: there is not so much as the number of entries at `offset`, or the
  /// number is none that an IFD can have. Entries that the file no longer holds are missing; see
  /// whole().
  static Result<Ifd> read(Bytes file, const TiffHeader& header, std::uint64_t offset);

  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  /// Entries that are there.
  [[nodiscard]] std::size_t size() const { return entries_; }
  /// All entries are there.
  [[nodiscard]] bool whole() const { return whole_; }
  /// Entry `index`, below size().
  [[nodiscard]] Field field(std::size_t index) const;
  /// The first entry of this tag.
  [[nodiscard]] std::optional<Field> find(std::uint16_t tag) const;
  /// Offset of the IFD that follows; 0: none, or the file ends before it. Of an IFD that is whole.
  [[nodiscard]] std::uint64_t next() const;

 private:
  Bytes file_;
  TiffHeader header_;
  std::uint64_t offset_ = 0, table_ = 0;  // of the IFD, and of its first entry
  std::size_t entries_ = 0;
  bool whole_ = false;
};

}  // namespace glimt
