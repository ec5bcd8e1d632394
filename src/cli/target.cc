// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/target.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

namespace glimt::cli {
namespace {

struct Holds {
  std::string_view codec;
  std::string_view extension;  ///< "": every other of the codec
  std::string_view default_extension;
  bool color, gray, alpha, gray_alpha;
  unsigned bits;
};

// The first row that fits counts.
// clang-format off
constexpr std::array<Holds, 11> kHolds = {{
    // codec   extension  default  color  gray   alpha  g+a    bits
    {"pnm",    ".ppm",    ".ppm",  true,  false, false, false, 16},
    {"pnm",    ".pgm",    ".pgm",  false, true,  false, false, 16},
    {"pnm",    ".pbm",    ".pbm",  false, true,  false, false, 1},
    {"pnm",    ".pam",    ".pam",  true,  true,  true,  true,  16},
    {"pnm",    "",        ".pnm",  true,  true,  false, false, 16},
    {"png",    "",        ".png",  true,  true,  true,  true,  16},
    {"tiff",   "",        ".tif",  true,  true,  true,  true,  64},
    {"jpeg2k", "",        ".jp2",  true,  true,  true,  true,  16},
    {"webp",   "",        ".webp", true,  true,  true,  false, 8},
    {"bmp",    "",        ".bmp",  true,  true,  true,  false, 8},
    {"jpeg",   "",        ".jpg",  true,  true,  false, false, 8},
}};
// clang-format on

std::string lower(std::string_view word) {
  std::string text(word);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

void note(std::string& lost, std::string_view what) {
  if (!lost.empty()) lost += ", ";
  lost += what;
}

}  // namespace

bool has_alpha(const ImageInfo& info) {
  // BMP calls its four channels RGB, as the API's table has it.
  if (info.channels == 4 && info.color_spec == ColorSpec::srgb) return true;
  switch (info.sample_format) {
    case SampleFormat::p_ya:
    case SampleFormat::i_ya:
    case SampleFormat::p_rgba:
    case SampleFormat::i_rgba:
      return true;
    default:
      return false;
  }
}

std::string_view target_names() {
  return "jpeg, png, tiff, webp, jp2, j2k, jph, bmp, ppm, pgm, pbm, pnm, pam";
}

Result<Target> target_of(std::string_view name) {
  const std::string word = lower(name);
  const std::string dotted = word.starts_with('.') ? word : "." + word;
  const bool is_codec = std::any_of(kHolds.begin(), kHolds.end(),
                                    [&](const Holds& row) { return row.codec == word; });
  const Result<CodecName> named = codec_of(is_codec ? word : dotted);
  const auto row = std::find_if(kHolds.begin(), kHolds.end(), [&](const Holds& holds) {
    return named.ok() && holds.codec == named->codec &&
           (holds.extension.empty() || (!is_codec && holds.extension == dotted));
  });
  if (row == kHolds.end()) {
    return {Code::bad_argument,
            fmt::format("no encoder for '{}'; the formats are {}", name, target_names())};
  }
  Target target{std::string(is_codec ? row->default_extension : dotted), row->codec};
  target.color = row->color;
  target.gray = row->gray;
  target.alpha = row->alpha;
  target.gray_alpha = row->gray_alpha;
  target.bits = row->bits;
  return target;
}

DecodePlan plan_decode(const Target& target, const ImageInfo& info) {
  DecodePlan plan;
  DecodeParams& params = plan.params;
  const bool is_gray = info.channels <= 2;
  const bool alpha = has_alpha(info);

  params.color_spec = (is_gray && target.gray) || !target.color ? ColorSpec::gray : ColorSpec::srgb;
  if (!is_gray && !target.color) note(plan.lost, "color dropped");
  if (alpha && !target.alpha) note(plan.lost, "alpha dropped");
  if (alpha && target.alpha) {
    if (is_gray && target.gray_alpha) {
      params.color_spec = ColorSpec::unchanged;
    } else {
      params.color_spec = ColorSpec::srgb;
      params.sample_format = SampleFormat::i_rgba;
    }
  }

  // 8 bits serve all but deeper samples, and single bits that shall stay such.
  const bool short_integer = info.type == SampleType::u8 || info.type == SampleType::u16;
  const bool fits = short_integer || target.bits > 16;
  const bool kept = info.precision <= target.bits && (info.precision > 8 || target.bits == 1);
  params.allow_any_depth = fits && kept;
  if (info.precision > 8 && !params.allow_any_depth) {
    note(plan.lost, fmt::format("{} to 8 bits", info.precision));
  }
  return plan;
}

}  // namespace glimt::cli
