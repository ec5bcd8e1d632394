// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/ifd_writer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/bytes.h"

namespace glimt {
namespace {

constexpr std::uint16_t kClassicVersion = 42, kBigVersion = 43;

/// Bytes of the parts of an IFD.
struct Sizes {
  std::uint64_t count, entry, offset;
};
constexpr Sizes sizes_of(IfdLayout layout) {
  return layout == IfdLayout::big ? Sizes{8, 20, 8} : Sizes{2, 12, 4};
}

constexpr std::uint64_t even(std::uint64_t size) { return size + size % 2; }

/// The type in a file of this layout: 64 bits are of BigTIFF alone.
FieldType type_in(IfdLayout layout, FieldType type, bool offset) {
  if (layout == IfdLayout::big) return offset ? FieldType::u64 : type;
  switch (type) {
    case FieldType::u64:
      return FieldType::u32;
    case FieldType::i64:
      return FieldType::i32;
    case FieldType::ifd8:
      return FieldType::ifd;
    default:
      return type;
  }
}

void append(std::vector<std::uint8_t>& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i)
    out.push_back(static_cast<std::uint8_t>(i < 8 ? value >> (8 * i) : 0));
}

/// 64-bit numbers as numbers of 32; false: one does not fit.
bool narrow(Bytes from, bool is_signed, std::vector<std::uint8_t>& to) {
  for (std::size_t at = 0; at + 8 <= from.size(); at += 8) {
    const auto value = load_le<std::uint64_t>(&from[at]);
    const auto number = static_cast<std::int64_t>(value);
    const bool fits = is_signed ? number == static_cast<std::int32_t>(number) : value <= UINT32_MAX;
    if (!fits) return false;
    append(to, value, 4);
  }
  return true;
}

Status too_large(std::uint16_t tag) {
  return {Code::limit, "tag " + std::to_string(tag) +
                           " holds numbers or an offset beyond 32 bits: the file has to be a "
                           "BigTIFF"};
}

}  // namespace

std::vector<std::uint8_t> link_bytes(IfdLayout layout, std::uint64_t offset) {
  std::vector<std::uint8_t> bytes;
  append(bytes, offset, sizes_of(layout).offset);
  return bytes;
}

std::vector<std::uint8_t> tiff_header(IfdLayout layout, std::uint64_t first_ifd) {
  std::vector<std::uint8_t> header{'I', 'I'};
  const bool big = layout == IfdLayout::big;
  append(header, big ? kBigVersion : kClassicVersion, 2);
  if (big) append(header, 8, 4);  // bytes of an offset, and two of nothing
  append(header, first_ifd, sizes_of(layout).offset);
  return header;
}

void IfdFields::set(std::uint16_t tag, FieldType type, std::span<const std::uint64_t> values) {
  Values field{type, values.size(), {}};
  for (const std::uint64_t value : values) append(field.data, value, field_type_bytes(type));
  fields_[tag] = std::move(field);
}

void IfdFields::set_offsets(std::uint16_t tag, std::span<const std::uint64_t> values) {
  set(tag, FieldType::u64, values);
  fields_[tag].offset = true;
}

void IfdFields::set_text(std::uint16_t tag, std::string_view text) {
  Values field{FieldType::ascii, text.size() + 1, {text.begin(), text.end()}};
  field.data.push_back(0);
  fields_[tag] = std::move(field);
}

void IfdFields::set_bytes(std::uint16_t tag, FieldType type, Bytes bytes) {
  fields_[tag] = {type, bytes.size(), {bytes.begin(), bytes.end()}};
}

void IfdFields::set_rationals(std::uint16_t tag,
                              std::span<const std::array<std::uint32_t, 2>> values) {
  Values field{FieldType::rational, values.size(), {}};
  for (const auto& [numerator, denominator] : values) {
    append(field.data, numerator, 4);
    append(field.data, denominator, 4);
  }
  fields_[tag] = std::move(field);
}

Status IfdFields::set_values(std::uint16_t tag, FieldType type, std::uint64_t count, Bytes values) {
  const std::size_t bytes = field_type_bytes(type);
  if (bytes == 0) {
    return {Code::bad_argument, "tag " + std::to_string(tag) + " has values of type " +
                                    std::to_string(static_cast<int>(type)) +
                                    ", which TIFF does not know"};
  }
  if (count == 0 || values.size() / bytes != count || values.size() % bytes != 0) {
    return {Code::bad_argument, "tag " + std::to_string(tag) + " has " +
                                    std::to_string(values.size()) + " bytes, which are not " +
                                    std::to_string(count) + " values of " + std::to_string(bytes)};
  }
  fields_[tag] = {type, count, {values.begin(), values.end()}};
  return {};
}

Status IfdFields::copy(const Field& field) {
  std::vector<std::uint8_t> values(field.data.begin(), field.data.end());
  const bool pair = field.type == FieldType::rational || field.type == FieldType::srational;
  const std::size_t bytes = field_type_bytes(field.type) / (pair ? 2 : 1);
  if (field.big_endian && bytes > 1) {
    for (std::size_t i = 0; i + bytes <= values.size(); i += bytes)
      std::reverse(&values[i], &values[i] + bytes);
  }
  return set_values(field.tag, field.type, field.count, values);
}

void IfdFields::set_child(std::uint16_t tag, IfdFields child) {
  Values field{FieldType::u64, 1, std::vector<std::uint8_t>(8), true};
  field.child.push_back(std::move(child));
  fields_[tag] = std::move(field);
}

std::uint64_t IfdFields::link(IfdLayout layout) const {
  return sizes_of(layout).count + fields_.size() * sizes_of(layout).entry;
}

std::uint64_t IfdFields::size(IfdLayout layout) const {
  const std::uint64_t room = sizes_of(layout).offset;
  std::uint64_t bytes = even(link(layout) + room);
  for (const auto& [tag, field] : fields_) {
    const std::uint64_t values =
        field.count * field_type_bytes(type_in(layout, field.type, field.offset));
    if (values > room) bytes += even(values);
    for (const IfdFields& child : field.child) bytes += even(child.size(layout));
  }
  return bytes;
}

Result<std::vector<std::uint8_t>> IfdFields::bytes_at(IfdLayout layout, std::uint64_t offset,
                                                      std::uint64_t next) const {
  std::vector<std::uint8_t> out;
  out.reserve(static_cast<std::size_t>(size(layout)));
  GLIMT_TRY(put(layout, offset, next, out));
  return out;
}

/// The table, the values that do not fit it in the order of their tags, then the children.
Status IfdFields::put(IfdLayout layout, std::uint64_t offset, std::uint64_t next,
                      std::vector<std::uint8_t>& out) const {
  const Sizes sizes = sizes_of(layout);
  if (fields_.empty()) return {Code::limit, "an IFD has at least one field"};
  std::vector<std::uint8_t> behind, own;
  std::uint64_t at = offset + even(link(layout) + sizes.offset);
  append(out, fields_.size(), sizes.count);
  for (const auto& [tag, field] : fields_) {
    const FieldType type = type_in(layout, field.type, field.offset);
    own = field.data;
    if (!field.child.empty()) {
      GLIMT_TRY(field.child.front().put(layout, at, 0, behind));
      own = link_bytes(IfdLayout::big, at);
      at += even(field.child.front().size(layout));
    }
    if (field_type_bytes(type) < field_type_bytes(field.type)) {
      std::vector<std::uint8_t> narrowed;
      if (!narrow(own, type == FieldType::i32, narrowed)) return too_large(tag);
      own = std::move(narrowed);
    }
    append(out, tag, 2);
    append(out, static_cast<std::uint64_t>(type), 2);
    append(out, field.count, sizes.offset);
    if (field.count > most_bytes(layout) || at > most_bytes(layout)) return too_large(tag);
    if (own.size() <= sizes.offset) {
      own.resize(sizes.offset);
      out.insert(out.end(), own.begin(), own.end());
      continue;
    }
    append(out, at, sizes.offset);
    own.resize(even(own.size()));
    behind.insert(behind.end(), own.begin(), own.end());
    at += own.size();
  }
  append(out, next, sizes.offset);
  if (at > most_bytes(layout) || next > most_bytes(layout)) {
    return {Code::limit, "the file has more than 4 GiB: it has to be a BigTIFF"};
  }
  out.resize(even(out.size()));  // the table alone: its begin is even in `out` too
  out.insert(out.end(), behind.begin(), behind.end());
  return {};
}

}  // namespace glimt
