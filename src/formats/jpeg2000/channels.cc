// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg2000/channels.h"

#include <algorithm>
#include <optional>
#include <string>

namespace glimt::jpeg2000 {
namespace {

constexpr std::uint8_t kColor = 0, kOpacity = 1, kPremultiplied = 2;

/// Typ and Asoc of one channel (I.5.3.6).
struct Definition {
  std::uint16_t type = kColor;
  std::uint16_t association = 0;
};

Definition definition_of(Bytes cdef, std::size_t channel) {
  // A channel that cdef leaves out has its natural colour.
  Definition found{kColor, static_cast<std::uint16_t>(channel + 1)};
  for (std::size_t at = 0; at + 6 <= cdef.size(); at += 6) {
    if (load_be<std::uint16_t>(&cdef[at]) != channel) continue;
    found.type = load_be<std::uint16_t>(&cdef[at + 2]);
    found.association = load_be<std::uint16_t>(&cdef[at + 4]);
  }
  return found;
}

bool is_opacity(Definition d) {
  return (d.type == kOpacity || d.type == kPremultiplied) && d.association == 0;
}
bool is_color(Definition d) { return d.type == kColor && d.association != 0xFFFF; }

/// Colour channels by association, then opacity, then the others. Returns how many are colours.
std::size_t order_channels(Headers& headers, bool& alpha) {
  const Bytes cdef = headers.jp2.channel_definition;
  const std::size_t count = headers.channels;
  const auto rank = [&](std::uint16_t channel) -> unsigned {
    const Definition d = definition_of(cdef, channel);
    return is_color(d) ? d.association : is_opacity(d) ? 0x10000U : 0x10001U;
  };
  const auto begin = headers.order.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(count);
  for (std::size_t i = 0; i < count; ++i) headers.order[i] = static_cast<std::uint16_t>(i);
  // Insertion keeps equals in file order without the buffer that a stable sort may take.
  for (auto at = begin; at != end; ++at) {
    std::rotate(
        std::upper_bound(begin, at, *at,
                         [&](std::uint16_t a, std::uint16_t b) { return rank(a) < rank(b); }),
        at, at + 1);
  }
  headers.reordered = !std::is_sorted(begin, end);
  const auto colors = static_cast<std::size_t>(
      std::count_if(begin, end, [&](std::uint16_t c) { return rank(c) < 0x10000U; }));
  alpha = colors < count && rank(headers.order[colors]) == 0x10000U;
  return colors;
}

/// The colour model that the file names, if it does.
std::optional<ColorModel> named_color(const Jp2Header& jp2) {
  switch (jp2.color) {
    case EnumeratedColor::srgb:
      return ColorModel::rgb;
    case EnumeratedColor::gray:
      return ColorModel::gray;
    case EnumeratedColor::sycc:
    case EnumeratedColor::e_sycc:
      return ColorModel::ycc;
    case EnumeratedColor::cmyk:
      return ColorModel::cmyk;
    default:
      break;
  }
  if (jp2.color_by_icc && jp2.icc.size() >= 20) {
    // ICC.1:2010, 7.2.6: the colour space of the data.
    switch (load_be<std::uint32_t>(&jp2.icc[16])) {
      case box_type("RGB "):
        return ColorModel::rgb;
      case box_type("GRAY"):
        return ColorModel::gray;
      case box_type("CMYK"):
        return ColorModel::cmyk;
      case box_type("YCbr"):
        return ColorModel::ycc;
      default:
        break;
    }
  }
  return std::nullopt;
}

/// Colour by the number of channels, where no name is usable: a fourth one is taken as alpha unless
/// cdef says what it is.
ColorModel color_by_count(std::size_t count, bool defined) {
  if (count == 1) return ColorModel::gray;
  return count == 3 || (count == 4 && !defined) ? ColorModel::rgb : ColorModel::other;
}

SampleType sample_type(unsigned bit_depth, bool is_signed) {
  const int size = bit_depth <= 8 ? 0 : bit_depth <= 16 ? 1 : bit_depth <= 32 ? 2 : 3;
  return static_cast<SampleType>(2 * size + (is_signed ? 1 : 0));
}

void set_form(Headers& headers) {
  const Jp2Header& jp2 = headers.jp2;
  const std::size_t count = headers.channels;
  bool alpha = false;
  std::size_t colors = count;
  const bool defined = !jp2.channel_definition.empty() && count <= headers.order.size();
  if (defined) colors = order_channels(headers, alpha);

  PixelForm& form = headers.form;
  form.channels = headers.channels;
  const auto named = named_color(jp2);
  form.color = named.value_or(color_by_count(colors, defined));
  if (colors < color_channels(form))
    form.color = colors == 0 ? ColorModel::other : ColorModel::gray;
  if (form.color != ColorModel::other) {
    const std::size_t used = color_channels(form);
    // By cdef, or by position; a form has its alpha right behind the colours of its model.
    form.alpha = defined ? alpha && colors == used : count == used + 1;
  }

  const Channel first = headers.channel(0);
  form.bit_depth = first.bit_depth;
  form.type = sample_type(first.bit_depth, first.is_signed);
}

Status check_mapping(const Headers& headers) {
  const Jp2Header& jp2 = headers.jp2;
  for (std::size_t at = 0; at + 4 <= jp2.component_mapping.size(); at += 4) {
    const unsigned component = load_be<std::uint16_t>(&jp2.component_mapping[at]);
    const bool mapped = jp2.component_mapping[at + 2] == 1;
    if (component >= headers.main.siz.components ||
        (mapped && jp2.component_mapping[at + 3] >= jp2.palette_columns)) {
      return {Code::corrupt, "the component mapping (cmap) names component " +
                                 std::to_string(component) +
                                 " or a palette column that is not there"};
    }
  }
  for (const std::uint8_t depth : jp2.palette_depths) {
    if ((depth & 0x7F) >= 31) {
      return {Code::unsupported, "a palette with more than 31 bits a value"};
    }
  }
  return {};
}

}  // namespace

Channel Headers::channel(std::size_t index) const {
  const std::size_t at = reordered ? order[index] : index;
  Channel channel;
  channel.component = static_cast<std::uint16_t>(at);
  if (jp2.palette_columns != 0) {
    const std::uint8_t* entry = &jp2.component_mapping[4 * at];
    channel.component = load_be<std::uint16_t>(entry);
    if (entry[2] == 1) {
      channel.palette_column = entry[3];
      const std::uint8_t depth = jp2.palette_depths[entry[3]];
      channel.bit_depth = static_cast<std::uint8_t>((depth & 0x7F) + 1);
      channel.is_signed = (depth & 0x80) != 0;
      return channel;
    }
  }
  const Component component = main.siz.component(channel.component);
  channel.bit_depth = component.bit_depth;
  channel.is_signed = component.is_signed;
  return channel;
}

Result<Headers> read_headers(Bytes file) {
  Headers headers;
  GLIMT_TRY(headers.jp2, read_jp2_header(file));
  if (!is_codestream(headers.jp2.codestream)) {
    return Status(headers.jp2.codestream.size() < 4 ? Code::truncated : Code::corrupt,
                  "the codestream does not begin with SOC and SIZ");
  }
  GLIMT_TRY(headers.main, read_main_header(headers.jp2.codestream));
  Jp2Header& jp2 = headers.jp2;
  // A palette without a mapping says nothing (I.5.3.5): the components stand for themselves.
  if (jp2.component_mapping.size() < 4) jp2.palette_columns = 0;
  headers.channels = headers.main.siz.components;
  if (jp2.palette_columns != 0) {
    GLIMT_TRY(check_mapping(headers));
    headers.channels =
        static_cast<std::uint16_t>(std::min<std::size_t>(jp2.component_mapping.size() / 4, 16384));
  }
  set_form(headers);
  return headers;
}

std::int32_t palette_value(const Jp2Header& jp2, std::size_t entry, std::size_t column) {
  std::size_t offset = 0, entry_bytes = 0;
  for (std::size_t i = 0; i < jp2.palette_columns; ++i) {
    if (i == column) offset = entry_bytes;
    entry_bytes += ((jp2.palette_depths[i] & 0x7FU) + 8) / 8;
  }
  const unsigned bits = (jp2.palette_depths[column] & 0x7FU) + 1;
  std::uint32_t value = 0;
  const std::uint8_t* bytes = jp2.palette_values.data() + entry * entry_bytes + offset;
  for (unsigned i = 0; i < (bits + 7) / 8; ++i) value = value << 8 | bytes[i];
  const bool negative = (jp2.palette_depths[column] & 0x80) != 0 && (value >> (bits - 1) & 1) != 0;
  return static_cast<std::int32_t>(negative ? value | ~((std::uint32_t{1} << bits) - 1) : value);
}

}  // namespace glimt::jpeg2000
