// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/exif.h"

#include "base/bytes.h"
#include "metadata/ifd.h"

namespace glimt {
namespace {

constexpr std::uint16_t kOrientationTag = 0x0112;

}  // namespace

std::optional<Orientation> find_exif_orientation(Bytes exif) {
  if (starts_with(exif, "Exif\0\0", 6)) exif = exif.subspan(6);
  const auto header = read_tiff_header(exif);
  if (!header.ok()) return std::nullopt;
  const auto ifd = Ifd::read(exif, *header, header->first_ifd);
  const auto field = ifd.ok() ? ifd->find(kOrientationTag) : std::nullopt;
  if (!field || !field->whole() || field->type != FieldType::u16) return std::nullopt;
  const auto value = *field->unsigned_at(0);
  if (value < 1 || value > 8) return std::nullopt;
  return static_cast<Orientation>(value);
}

Orientation exif_orientation(Bytes exif) {
  return find_exif_orientation(exif).value_or(Orientation::top_left);
}

}  // namespace glimt
