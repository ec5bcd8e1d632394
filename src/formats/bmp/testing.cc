// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/bmp/testing.h"

#include <cstring>

namespace glimt::bmp {

std::vector<std::uint8_t> Builder::bytes() const {
  const bool core = header_bytes == 12;
  const std::size_t behind = header_bytes == 40 ? masks.size() * 4 : 0;
  const std::size_t entry_bytes = core ? 3 : 4;
  const std::size_t head = 14 + header_bytes + behind + palette.size() * entry_bytes + gap;
  std::vector<std::uint8_t> file(head + pixels.size());
  std::uint8_t* info = file.data() + 14;
  file[0] = 'B';
  file[1] = 'M';
  store_le(file.data() + 2, static_cast<std::uint32_t>(file.size()));
  store_le(file.data() + 10, pixel_offset.value_or(static_cast<std::uint32_t>(head)));
  store_le(info, header_bytes);
  if (core) {
    store_le(info + 4, static_cast<std::uint16_t>(width));
    store_le(info + 6, static_cast<std::uint16_t>(height));
    store_le(info + 8, std::uint16_t{1});
    store_le(info + 10, bits_per_pixel);
  } else {
    store_le(info + 4, width);
    store_le(info + 8, height);
    store_le(info + 12, std::uint16_t{1});
    if (header_bytes >= 16) store_le(info + 14, bits_per_pixel);
    if (header_bytes >= 20) store_le(info + 16, compression);
    if (header_bytes >= 36) store_le(info + 32, palette_said);
  }
  for (std::size_t i = 0; i < masks.size(); ++i) store_le(info + 40 + i * 4, masks[i]);
  std::uint8_t* entry = info + header_bytes + behind;
  for (const std::uint32_t color : palette) {
    for (int i = 0; i < 3; ++i) entry[i] = static_cast<std::uint8_t>(color >> (8 * i));
    entry += entry_bytes;
  }
  std::memset(entry, 0xee, gap);
  if (!pixels.empty()) std::memcpy(entry + gap, pixels.data(), pixels.size());
  return file;
}

}  // namespace glimt::bmp
