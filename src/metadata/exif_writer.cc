// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/exif_writer.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace glimt {
namespace {

constexpr std::uint16_t kOrientation = 274, kExifIfd = 34665, kGpsIfd = 34853, kInteropIfd = 40965;
constexpr std::size_t kHeaderBytes = 8, kEntryBytes = 12;

struct PictureTag {
  std::uint16_t tag;
  bool telling;  ///< reason enough for a block
};
// Exif 2.32 tables 4 and 5 without strips and JPEG tables; Rating and Windows' texts besides.
constexpr PictureTag kPictureTags[] = {
    {270, false},           // ImageDescription
    {271, true},            // Make
    {272, true},            // Model
    {kOrientation, false},  //
    {282, false},           // XResolution
    {283, false},           // YResolution
    {296, false},           // ResolutionUnit
    {301, false},           // TransferFunction
    {305, false},           // Software
    {306, true},            // DateTime
    {315, true},            // Artist
    {316, false},           // HostComputer
    {318, false},           // WhitePoint
    {319, false},           // PrimaryChromaticities
    {18246, false},         // Rating
    {18249, false},         // RatingPercent
    {33432, true},          // Copyright
    {kExifIfd, true},       //
    {kGpsIfd, true},        //
    {40091, false},         // XPTitle
    {40092, false},         // XPComment
    {40093, false},         // XPAuthor
    {40094, false},         // XPKeywords
    {40095, false},         // XPSubject
};

template <class T>
void put(std::uint8_t* to, T value, bool big_endian) {
  big_endian ? store_be(to, value) : store_le(to, value);
}

/// A classic TIFF structure that grows at its end.
class BlockWriter {
 public:
  BlockWriter(bool big_endian, std::uint64_t most) : big_endian_(big_endian), most_(most) {
    bytes_ = big_endian ? std::vector<std::uint8_t>{'M', 'M', 0, 42}
                        : std::vector<std::uint8_t>{'I', 'I', 42, 0};
    bytes_.resize(kHeaderBytes);
    put(&bytes_[4], static_cast<std::uint32_t>(kHeaderBytes), big_endian);
  }

  /// Adds an IFD; where its entries point to IFDs they are to be set by point(). Returns where its
  /// entries begin.
  Result<std::size_t> add(const std::vector<Field>& fields) {
    const std::size_t count_at = bytes_.size();
    const std::size_t table = count_at + 2;
    GLIMT_TRY(grow(2 + fields.size() * kEntryBytes + 4));
    put(&bytes_[count_at], static_cast<std::uint16_t>(fields.size()), big_endian_);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      GLIMT_TRY(add_field(table + i * kEntryBytes, fields[i]));
    }
    return table;
  }
  /// Makes the entry at `entry` a LONG that names the end of the block, where an IFD comes next.
  void point(std::size_t entry) {
    put(&bytes_[entry + 2], static_cast<std::uint16_t>(FieldType::u32), big_endian_);
    put(&bytes_[entry + 4], std::uint32_t{1}, big_endian_);
    put(&bytes_[entry + 8], static_cast<std::uint32_t>(bytes_.size()), big_endian_);
  }
  std::vector<std::uint8_t> finish() && { return std::move(bytes_); }

 private:
  Status grow(std::size_t more) {
    if (more > most_ || bytes_.size() > most_ - more || bytes_.size() + more > UINT32_MAX) {
      return {Code::limit, "the EXIF block exceeds the limit of " + std::to_string(most_) +
                               " bytes; raise max_metadata_bytes"};
    }
    bytes_.resize(bytes_.size() + more);
    return {};
  }

  Status add_field(std::size_t entry, const Field& field) {
    put(&bytes_[entry], field.tag, big_endian_);
    put(&bytes_[entry + 2], static_cast<std::uint16_t>(field.type), big_endian_);
    put(&bytes_[entry + 4], static_cast<std::uint32_t>(field.count), big_endian_);
    std::size_t at = entry + 8;
    if (field.data.size() > 4) {
      at = bytes_.size();
      put(&bytes_[entry + 8], static_cast<std::uint32_t>(at), big_endian_);
      // Values begin on words (TIFF 6.0 section 2).
      GLIMT_TRY(grow(field.data.size() + field.data.size() % 2));
    }
    std::copy(field.data.begin(), field.data.end(),
              bytes_.begin() + static_cast<std::ptrdiff_t>(at));
    return {};
  }

  bool big_endian_;
  std::uint64_t most_;
  std::vector<std::uint8_t> bytes_;
};

/// Exif knows no values of 64 bits, which a BigTIFF may have.
bool fits_exif(const Field& field) {
  return field.whole() && field.type <= FieldType::ifd && field.count <= UINT32_MAX;
}

/// The fields of the IFD that a field of another names, by their tags; empty: it cannot be had.
std::vector<Field> fields_of_named(Bytes file, const TiffHeader& header,
                                   const std::optional<Field>& name) {
  std::vector<Field> fields;
  const auto offset = name && name->whole() ? name->unsigned_at(0) : std::nullopt;
  if (!offset) return fields;
  const auto ifd = Ifd::read(file, header, *offset);
  for (std::size_t i = 0; ifd.ok() && i < ifd->size(); ++i) {
    const Field field = ifd->field(i);
    if (fits_exif(field)) fields.push_back(field);
  }
  std::stable_sort(fields.begin(), fields.end(),
                   [](const Field& a, const Field& b) { return a.tag < b.tag; });
  return fields;
}

auto find_tag(const std::vector<Field>& fields, std::uint16_t tag) {
  return std::find_if(fields.begin(), fields.end(),
                      [tag](const Field& field) { return field.tag == tag; });
}

std::size_t entry_of(const std::vector<Field>& fields, std::size_t table, std::uint16_t tag) {
  return table + static_cast<std::size_t>(find_tag(fields, tag) - fields.begin()) * kEntryBytes;
}

/// A whole entry, whatever was there.
void put_orientation(std::uint8_t* entry, Orientation orientation, bool big_endian) {
  put(entry, kOrientation, big_endian);
  put(entry + 2, static_cast<std::uint16_t>(FieldType::u16), big_endian);
  put(entry + 4, std::uint32_t{1}, big_endian);
  put(entry + 8, static_cast<std::uint16_t>(orientation), big_endian);
  put(entry + 10, std::uint16_t{0}, big_endian);
}

std::vector<std::uint8_t> orientation_alone(Orientation orientation) {
  constexpr std::uint8_t head[] = {'I', 'I', 42, 0, kHeaderBytes, 0, 0, 0, 1, 0};
  std::vector<std::uint8_t> block(sizeof head + kEntryBytes + 4);
  std::copy(std::begin(head), std::end(head), block.begin());
  put_orientation(&block[sizeof head], orientation, false);
  return block;
}

/// Writes the first IFD with an entry more behind the block.
std::vector<std::uint8_t> with_orientation_added(Bytes exif, const TiffHeader& header,
                                                 const Ifd& ifd, Orientation orientation) {
  const bool big = header.big_endian;
  std::vector<std::uint8_t> block(exif.begin(), exif.end());
  block.resize(block.size() + block.size() % 2);
  const std::size_t start = block.size();
  const std::uint8_t* entries = exif.data() + ifd.offset() + 2;
  std::size_t before = 0;
  while (before < ifd.size() && ifd.field(before).tag < kOrientation) ++before;
  const std::size_t first = before * kEntryBytes, all = ifd.size() * kEntryBytes;
  block.resize(start + 2);
  put(&block[start], static_cast<std::uint16_t>(ifd.size() + 1), big);
  block.insert(block.end(), entries, entries + first);
  const std::size_t entry = block.size();
  block.resize(entry + kEntryBytes);
  put_orientation(&block[entry], orientation, big);
  block.insert(block.end(), entries + first, entries + all);
  const std::size_t next = block.size();
  block.resize(next + 4);
  put(&block[next], static_cast<std::uint32_t>(ifd.next()), big);
  put(&block[4], static_cast<std::uint32_t>(start), big);
  return block;
}

}  // namespace

Result<std::vector<std::uint8_t>> exif_of_ifd(Bytes file, const TiffHeader& header, const Ifd& ifd,
                                              std::uint64_t most) {
  std::vector<Field> exif = fields_of_named(file, header, ifd.find(kExifIfd));
  const std::vector<Field> gps = fields_of_named(file, header, ifd.find(kGpsIfd));
  std::vector<Field> fields;
  bool telling = false;
  for (const PictureTag& row : kPictureTags) {
    const bool pointer = row.tag == kExifIfd || row.tag == kGpsIfd;
    auto field = ifd.find(row.tag);
    if (!field) continue;
    if (pointer ? (row.tag == kExifIfd ? exif : gps).empty() : !fits_exif(*field)) continue;
    if (pointer) field->data = {};
    fields.push_back(*field);
    telling = telling || row.telling;
  }
  if (!telling) return std::vector<std::uint8_t>();
  BlockWriter writer(header.big_endian, most);
  GLIMT_TRY(const std::size_t table, writer.add(fields));
  if (!exif.empty()) {
    const auto named = find_tag(exif, kInteropIfd);
    const std::vector<Field> interop =
        named == exif.end() ? std::vector<Field>() : fields_of_named(file, header, *named);
    if (interop.empty()) std::erase_if(exif, [](const Field& f) { return f.tag == kInteropIfd; });
    writer.point(entry_of(fields, table, kExifIfd));
    GLIMT_TRY(const std::size_t exif_table, writer.add(exif));
    if (!interop.empty()) {
      writer.point(entry_of(exif, exif_table, kInteropIfd));
      GLIMT_TRY(writer.add(interop).status());
    }
  }
  if (!gps.empty()) {
    writer.point(entry_of(fields, table, kGpsIfd));
    GLIMT_TRY(writer.add(gps).status());
  }
  return std::move(writer).finish();
}

Result<std::vector<std::uint8_t>> with_orientation(Bytes exif, Orientation orientation) {
  if (exif.empty()) return orientation_alone(orientation);
  const auto header = read_tiff_header(exif);
  const auto ifd =
      header.ok() ? Ifd::read(exif, *header, header->first_ifd) : Result<Ifd>(header.status());
  if (!ifd.ok() || !ifd->whole() || header->layout != IfdLayout::classic) {
    return Status(Code::bad_argument,
                  "the EXIF block to write has no first IFD for its orientation");
  }
  for (std::size_t i = 0; i < ifd->size(); ++i) {
    if (ifd->field(i).tag != kOrientation) continue;
    std::vector<std::uint8_t> block(exif.begin(), exif.end());
    const auto entry = static_cast<std::size_t>(ifd->offset()) + 2 + i * kEntryBytes;
    put_orientation(&block[entry], orientation, header->big_endian);
    return block;
  }
  return with_orientation_added(exif, *header, *ifd, orientation);
}

}  // namespace glimt
