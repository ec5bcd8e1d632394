// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/exif.h"

#include "base/bytes.h"

namespace glimt {
namespace {

constexpr std::uint16_t kOrientationTag = 0x0112;
constexpr std::uint16_t kShort = 3;

template <class T>
T read(ByteReader& reader, bool big_endian) {
  return big_endian ? reader.be<T>() : reader.le<T>();
}

}  // namespace

std::optional<Orientation> find_exif_orientation(Bytes exif) {
  if (starts_with(exif, "Exif\0\0", 6)) exif = exif.subspan(6);
  const bool big_endian = starts_with(exif, "MM\0*", 4);
  if (!big_endian && !starts_with(exif, "II*\0", 4)) return std::nullopt;

  ByteReader reader(exif, 4);
  reader.seek(read<std::uint32_t>(reader, big_endian));
  const auto entries = read<std::uint16_t>(reader, big_endian);
  for (unsigned i = 0; i < entries && reader.ok(); ++i) {
    const auto tag = read<std::uint16_t>(reader, big_endian);
    const auto type = read<std::uint16_t>(reader, big_endian);
    reader.skip(4);
    const auto value = read<std::uint16_t>(reader, big_endian);
    reader.skip(2);
    if (tag != kOrientationTag || !reader.ok()) continue;
    if (type == kShort && value >= 1 && value <= 8) return static_cast<Orientation>(value);
    return std::nullopt;
  }
  return std::nullopt;
}

Orientation exif_orientation(Bytes exif) {
  return find_exif_orientation(exif).value_or(Orientation::top_left);
}

}  // namespace glimt
