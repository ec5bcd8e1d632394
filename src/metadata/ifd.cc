// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/ifd.h"

#include <algorithm>
#include <bit>
#include <string>

#include "base/bytes.h"

namespace glimt {
namespace {

constexpr std::uint16_t kClassicVersion = 42, kBigVersion = 43;
constexpr std::uint16_t kNdpiTag = 65420;  // Hamamatsu's format flag
// Tags are numbers of 16 bits, each at most once in an IFD.
constexpr std::uint64_t kMostEntries = 65535;

/// Bytes of the parts of an IFD.
struct Sizes {
  std::size_t count, entry, next;
};
constexpr Sizes kSizes[] = {{2, 12, 4}, {8, 20, 8}, {2, 12, 8}};
const Sizes& sizes_of(IfdLayout layout) { return kSizes[static_cast<std::size_t>(layout)]; }

template <class T>
T load(const std::uint8_t* p, bool big_endian) {
  return big_endian ? load_be<T>(p) : load_le<T>(p);
}

/// The 8 bytes at 4 are the first offset of a file that is larger than classic offsets reach.
bool is_large_ndpi(Bytes file, TiffHeader& header) {
  if (header.big_endian || file.size() <= (std::uint64_t{1} << 32)) return false;
  TiffHeader large = header;
  large.layout = IfdLayout::ndpi;
  large.first_ifd = load_le<std::uint64_t>(&file[4]);
  const auto ifd = Ifd::read(file, large, large.first_ifd);
  if (!ifd.ok() || !ifd->whole() || !ifd->find(kNdpiTag)) return false;
  header = large;
  return true;
}

}  // namespace

Result<TiffHeader> read_tiff_header(Bytes file) {
  const Status truncated(Code::truncated, "the file ends within its TIFF header");
  if (file.size() < 8) return truncated;
  TiffHeader header;
  header.big_endian = file[0] == 'M';
  const bool order = (file[0] == 'I' || file[0] == 'M') && file[1] == file[0];
  const auto version = load<std::uint16_t>(&file[2], header.big_endian);
  if (!order || (version != kClassicVersion && version != kBigVersion)) {
    return Status(Code::corrupt, "a TIFF header begins with II or MM, then 42 or 43");
  }
  if (version == kClassicVersion) {
    header.first_ifd = load<std::uint32_t>(&file[4], header.big_endian);
    is_large_ndpi(file, header);
    return header;
  }
  if (file.size() < 16) return truncated;
  if (load<std::uint16_t>(&file[4], header.big_endian) != 8 ||
      load<std::uint16_t>(&file[6], header.big_endian) != 0) {
    return Status(Code::unsupported, "a BigTIFF whose offsets have other than 8 bytes");
  }
  header.layout = IfdLayout::big;
  header.first_ifd = load<std::uint64_t>(&file[8], header.big_endian);
  return header;
}

std::optional<std::uint64_t> Field::unsigned_at(std::uint64_t index) const {
  const std::uint8_t* p = data.data() + index * field_type_bytes(type);
  switch (type) {
    case FieldType::byte:
    case FieldType::undefined:
      return *p;
    case FieldType::u16:
      return load<std::uint16_t>(p, big_endian);
    case FieldType::u32:
    case FieldType::ifd:
      return std::uint64_t{upper} << 32 | load<std::uint32_t>(p, big_endian);
    case FieldType::u64:
    case FieldType::ifd8:
      return load<std::uint64_t>(p, big_endian);
    default:
      break;
  }
  const auto value = signed_at(index);
  if (!value || *value < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

std::optional<std::int64_t> Field::signed_at(std::uint64_t index) const {
  const std::uint8_t* p = data.data() + index * field_type_bytes(type);
  switch (type) {
    case FieldType::i8:
      return static_cast<std::int8_t>(*p);
    case FieldType::i16:
      return load<std::int16_t>(p, big_endian);
    case FieldType::i32:
      return load<std::int32_t>(p, big_endian);
    case FieldType::i64:
      return load<std::int64_t>(p, big_endian);
    case FieldType::byte:
    case FieldType::undefined:
    case FieldType::u16:
    case FieldType::u32:
    case FieldType::ifd:
    case FieldType::u64:
    case FieldType::ifd8: {
      const std::uint64_t value = *unsigned_at(index);
      if (value > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
      return static_cast<std::int64_t>(value);
    }
    default:
      return std::nullopt;
  }
}

std::optional<double> Field::number_at(std::uint64_t index) const {
  const std::uint8_t* p = data.data() + index * field_type_bytes(type);
  const auto ratio = [](double over, double under) -> std::optional<double> {
    if (under == 0) return std::nullopt;
    return over / under;
  };
  switch (type) {
    case FieldType::f32:
      return std::bit_cast<float>(load<std::uint32_t>(p, big_endian));
    case FieldType::f64:
      return std::bit_cast<double>(load<std::uint64_t>(p, big_endian));
    case FieldType::rational:
      return ratio(load<std::uint32_t>(p, big_endian), load<std::uint32_t>(p + 4, big_endian));
    case FieldType::srational:
      return ratio(load<std::int32_t>(p, big_endian), load<std::int32_t>(p + 4, big_endian));
    default:
      break;
  }
  if (const auto value = unsigned_at(index)) return static_cast<double>(*value);
  if (const auto value = signed_at(index)) return static_cast<double>(*value);
  return std::nullopt;
}

std::string_view Field::text() const {
  if (type != FieldType::ascii || !whole()) return {};
  const std::string_view all(reinterpret_cast<const char*>(data.data()), data.size());
  return all.substr(0, all.find('\0'));
}

Result<Ifd> Ifd::read(Bytes file, const TiffHeader& header, std::uint64_t offset) {
  const Sizes& sizes = sizes_of(header.layout);
  if (offset > file.size() || file.size() - offset < sizes.count) {
    return Status(Code::truncated, "an IFD at byte " + std::to_string(offset) + " of a file of " +
                                       std::to_string(file.size()));
  }
  Ifd ifd;
  ifd.file_ = file;
  ifd.header_ = header;
  ifd.offset_ = offset;
  ifd.table_ = offset + sizes.count;
  const std::uint64_t said = sizes.count == 2
                                 ? load<std::uint16_t>(&file[offset], header.big_endian)
                                 : load<std::uint64_t>(&file[offset], header.big_endian);
  if (said == 0 || said > kMostEntries) {
    return Status(Code::corrupt, "the IFD at byte " + std::to_string(offset) + " declares " +
                                     std::to_string(said) + " entries");
  }
  const std::uint64_t left = file.size() - ifd.table_;
  ifd.entries_ = static_cast<std::size_t>(std::min(said, left / sizes.entry));
  const std::size_t upper_halves = header.layout == IfdLayout::ndpi ? 4 * ifd.entries_ : 0;
  // Files that end with their last entry lack the link; NDPI's upper halves come behind it.
  const std::size_t behind = upper_halves == 0 ? 0 : sizes.next + upper_halves;
  ifd.whole_ = ifd.entries_ == said && left - said * sizes.entry >= behind;
  return ifd;
}

Field Ifd::field(std::size_t index) const {
  const bool big = header_.layout == IfdLayout::big;
  const bool order = header_.big_endian;
  const std::size_t entry_bytes = sizes_of(header_.layout).entry;
  const std::size_t entry_offset = static_cast<std::size_t>(table_) + index * entry_bytes;
  const std::uint8_t* entry = &file_[entry_offset];
  Field field;
  field.big_endian = order;
  field.tag = load<std::uint16_t>(entry, order);
  field.type = static_cast<FieldType>(load<std::uint16_t>(entry + 2, order));
  field.count = big ? load<std::uint64_t>(entry + 4, order) : load<std::uint32_t>(entry + 4, order);
  const std::size_t value_bytes = field_type_bytes(field.type);
  const std::size_t inline_bytes = big ? 8 : 4, inline_offset = big ? 12 : 8;
  if (value_bytes == 0 || field.count == 0 || field.count > file_.size() / value_bytes) {
    return field;
  }
  const auto bytes = static_cast<std::size_t>(field.count) * value_bytes;
  std::uint32_t upper = 0;
  if (header_.layout == IfdLayout::ndpi && whole_) {
    upper = load<std::uint32_t>(
        &file_[static_cast<std::size_t>(table_) + entries_ * entry_bytes + 8 + 4 * index], order);
  }
  std::uint64_t offset = entry_offset + inline_offset;
  if (bytes > inline_bytes) {
    offset = big ? load<std::uint64_t>(entry + inline_offset, order)
                 : std::uint64_t{upper} << 32 | load<std::uint32_t>(entry + inline_offset, order);
  } else if (field.count == 1 && value_bytes == 4) {
    field.upper = upper;
  }
  if (offset <= file_.size() && file_.size() - offset >= bytes) {
    field.data = file_.subspan(static_cast<std::size_t>(offset), bytes);
  }
  return field;
}

std::optional<Field> Ifd::find(std::uint16_t tag) const {
  const std::size_t entry_bytes = sizes_of(header_.layout).entry;
  const std::uint8_t* entry = file_.data() + table_;
  for (std::size_t i = 0; i < entries_; ++i, entry += entry_bytes) {
    if (load<std::uint16_t>(entry, header_.big_endian) == tag) return field(i);
  }
  return std::nullopt;
}

std::uint64_t Ifd::next() const {
  const Sizes& sizes = sizes_of(header_.layout);
  const std::size_t at = static_cast<std::size_t>(table_) + entries_ * sizes.entry;
  if (file_.size() - at < sizes.next) return 0;
  const std::uint8_t* p = file_.data() + at;
  return sizes.next == 4 ? load<std::uint32_t>(p, header_.big_endian)
                         : load<std::uint64_t>(p, header_.big_endian);
}

}  // namespace glimt
