// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/plan.h"

#include <algorithm>
#include <string>

#include "base/checked.h"

namespace glimt {
namespace {

/// By value, from UNSUPPORTED (-1) on.
constexpr std::string_view kColorSpecs[] = {
    "UNSUPPORTED", "UNCHANGED", "SRGB", "GRAY", "SYCC", "CMYK", "YCCK", "PALETTE", "ICC_PROFILE"};
constexpr std::string_view kSampleFormats[] = {
    "UNSUPPORTED", "UNKNOWN", "P_UNCHANGED", "I_UNCHANGED", "P_Y",    "I_Y",   "P_YA",
    "I_YA",        "P_RGB",   "I_RGB",       "P_BGR",       "I_BGR",  "P_YUV", "I_YUV",
    "P_RGBA",      "I_RGBA",  "P_YCCK",      "I_YCCK",      "P_CMYK", "I_CMYK"};
std::string name_of(ColorSpec spec) {
  return std::string(kColorSpecs[static_cast<std::size_t>(static_cast<int>(spec) + 1)]);
}
std::string name_of(SampleFormat format) {
  return std::string(kSampleFormats[static_cast<std::size_t>(static_cast<int>(format) + 1)]);
}

/// What a sample format says, planar or not.
struct Family {
  SampleFormat interleaved;
  ColorSpec spec;
  ColorModel color;
  bool alpha, bgr;
  std::uint32_t channels;
};
constexpr Family kFamilies[] = {
    {SampleFormat::i_y, ColorSpec::gray, ColorModel::gray, false, false, 1},
    {SampleFormat::i_ya, ColorSpec::gray, ColorModel::gray, true, false, 2},
    {SampleFormat::i_rgb, ColorSpec::srgb, ColorModel::rgb, false, false, 3},
    {SampleFormat::i_bgr, ColorSpec::srgb, ColorModel::rgb, false, true, 3},
    {SampleFormat::i_yuv, ColorSpec::sycc, ColorModel::ycc, false, false, 3},
    {SampleFormat::i_rgba, ColorSpec::srgb, ColorModel::rgb, true, false, 4},
    {SampleFormat::i_ycck, ColorSpec::ycck, ColorModel::ycck, false, false, 4},
    {SampleFormat::i_cmyk, ColorSpec::cmyk, ColorModel::cmyk, false, false, 4},
};

constexpr SampleFormat interleaved(SampleFormat format) {
  return is_planar(format) ? static_cast<SampleFormat>(static_cast<int>(format) + 1) : format;
}
constexpr SampleFormat arranged(SampleFormat format, bool planar) {
  return planar ? static_cast<SampleFormat>(static_cast<int>(format) - 1) : format;
}
const Family* family_of(SampleFormat format) {
  const auto found = std::find_if(std::begin(kFamilies), std::end(kFamilies), [&](const Family& f) {
    return f.interleaved == interleaved(format);
  });
  return found == std::end(kFamilies) ? nullptr : found;
}
bool is_auto(SampleFormat format) {
  return format == SampleFormat::unknown || interleaved(format) == SampleFormat::i_unchanged;
}

struct Wanted {
  PixelForm form;
  SampleFormat sample_format = SampleFormat::unknown;
  ColorSpec color_spec = ColorSpec::unchanged;
};

Wanted wanted_as(const Family& family, PixelForm form) {
  form.color = family.color;
  form.alpha = family.alpha;
  form.bgr = family.bgr;
  form.channels = static_cast<std::uint16_t>(family.channels);
  form.inverted = form.inverted && has_inks(family.color);
  return {form, family.interleaved, family.spec};
}

/// ColorSpec::unchanged: as stored, but YCC and palettes as RGB (behaviour 7.1).
Wanted wanted_unchanged(const StreamInfo& info, PixelForm form) {
  const ColorSpec source = info.image.color_spec;
  const bool named = source == ColorSpec::srgb || source == ColorSpec::gray;
  if (form.color == ColorModel::ycc) form.color = ColorModel::rgb;
  Wanted wanted{form, SampleFormat::i_unchanged,
                form.channels == 1 ? ColorSpec::gray : ColorSpec::srgb};
  for (const Family& family : kFamilies) {
    const bool same = family.color == form.color && family.alpha == form.alpha && !family.bgr &&
                      family.channels == form.channels;
    if (same && (named || has_inks(form.color))) {
      wanted.sample_format = family.interleaved;
      wanted.color_spec = family.spec;
    }
  }
  if (named) wanted.color_spec = source;
  return wanted;
}

/// Colour and channels of the output; the depth of `form` is set already.
Result<Wanted> wanted_color(const StreamInfo& info, const DecodeParams& params, PixelForm form) {
  const bool raw = params.color_spec == ColorSpec::unchanged;
  if (!is_auto(params.sample_format)) {
    const Family* family = family_of(params.sample_format);
    if (family == nullptr || (!raw && family->spec != params.color_spec)) {
      return Status(Code::bad_argument,
                    "sample_format " + name_of(params.sample_format) +
                        " does not belong to color_spec " + name_of(params.color_spec) +
                        ": take one of its family, I_UNCHANGED or P_UNCHANGED, or color_spec "
                        "UNCHANGED");
    }
    Wanted wanted = wanted_as(*family, form);
    if (family->color == form.color) wanted.form.inverted = form.inverted;
    return wanted;
  }
  switch (params.color_spec) {
    case ColorSpec::unchanged:
      return wanted_unchanged(info, form);
    case ColorSpec::srgb:
      return wanted_as(*family_of(SampleFormat::i_rgb), form);
    case ColorSpec::gray:
      return wanted_as(*family_of(SampleFormat::i_y), form);
    case ColorSpec::sycc:
      return wanted_as(*family_of(SampleFormat::i_yuv), form);
    case ColorSpec::cmyk:
      return wanted_as(*family_of(SampleFormat::i_cmyk), form);
    case ColorSpec::ycck:
      return wanted_as(*family_of(SampleFormat::i_ycck), form);
    default:
      return Status(Code::bad_argument, "color_spec " + name_of(params.color_spec) +
                                            " is none that an image can be decoded to");
  }
}

Status check_limits(const StreamInfo& info, const ImageSpec& spec, const Limits& limits) {
  const std::uint64_t dimension = std::max<std::uint64_t>(info.image.width, info.image.height);
  const auto width = static_cast<std::uint64_t>(spec.width);
  const auto height = static_cast<std::uint64_t>(spec.height);
  const auto pixels = checked_mul(width, height);
  const std::string size = std::to_string(width) + " x " + std::to_string(height);
  if (dimension > limits.max_dimension) {
    return {Code::limit, "a dimension of " + std::to_string(dimension) + " exceeds the limit of " +
                             std::to_string(limits.max_dimension)};
  }
  if (!pixels || *pixels > limits.max_pixels) {
    return {Code::limit, size + " pixels exceed the limit of " + std::to_string(limits.max_pixels) +
                             "; decode a region or raise max_pixels"};
  }
  const auto bytes = checked_size(*pixels, spec.channels, sample_bytes(spec.type));
  if (!bytes || *bytes > limits.max_image_bytes) {
    return {Code::limit, size + " pixels need more than the limit of " +
                             std::to_string(limits.max_image_bytes) +
                             " bytes; decode a region or raise max_image_bytes"};
  }
  return {};
}

}  // namespace

Result<DecodePlan> plan_decode(const StreamInfo& info, const StreamView& view,
                               const DecodeParams& params, const Limits& limits) {
  if (params.reduce != 0) {
    return Status(Code::unsupported,
                  "reduce " + std::to_string(params.reduce) + ": no decoder of " +
                      std::string(info.format == nullptr ? "this format" : info.format->name) +
                      " gives a lower resolution; take 0");
  }
  PixelForm form = info.form;
  form.planar = false;
  form.bgr = false;
  const bool converts = params.type.has_value() || !params.allow_any_depth;
  if (converts) {
    form.type = params.type.value_or(SampleType::u8);
    form.bit_depth = static_cast<std::uint8_t>(8 * sample_bytes(form.type));
    form.max_value = 0;
  }
  GLIMT_TRY(Wanted wanted, wanted_color(info, params, form));
  const bool planar = is_planar(params.sample_format);
  wanted.form.planar = planar;

  DecodePlan plan;
  plan.form = wanted.form;
  plan.window = {0, 0, info.image.width, info.image.height};
  if (view.region) {
    const Region& r = *view.region;
    plan.window = {r.start_x, r.start_y, r.end_x, r.end_y};
    plan.fill = r.fill;
  }
  if (plan.window.empty()) {
    return Status(Code::bad_argument,
                  "the region holds no pixel: each end must lie past its start");
  }
  if (params.apply_exif_orientation) plan.orientation = info.image.orientation;
  plan.spec.width = plan.window.width();
  plan.spec.height = plan.window.height();
  if (swaps_axes(plan.orientation)) std::swap(plan.spec.width, plan.spec.height);
  plan.spec.channels = wanted.form.channels;
  plan.spec.type = wanted.form.type;
  plan.spec.precision = converts ? std::uint8_t{0} : wanted.form.bit_depth;
  plan.spec.sample_format = arranged(wanted.sample_format, planar);
  plan.spec.color_spec = wanted.color_spec;
  plan.spec.inverted_inks = wanted.form.inverted;
  GLIMT_TRY(check_limits(info, plan.spec, limits));
  return plan;
}

Result<PixelForm> form_of(const ImageSpec& spec) {
  PixelForm form;
  form.type = spec.type;
  form.bit_depth =
      spec.precision != 0 ? spec.precision : static_cast<std::uint8_t>(8 * sample_bytes(spec.type));
  form.channels = static_cast<std::uint16_t>(spec.channels);
  form.planar = is_planar(spec.sample_format);
  form.color = ColorModel::other;
  if (const Family* family = family_of(spec.sample_format)) {
    if (spec.channels < family->channels) {
      return Status(Code::bad_argument,
                    "the sample format needs " + std::to_string(family->channels) +
                        " channels, the image has " + std::to_string(spec.channels));
    }
    form.color = family->color;
    form.alpha = family->alpha;
    form.bgr = family->bgr;
    form.inverted = spec.inverted_inks && has_inks(form.color);
    return form;
  }
  // Unnamed channels mean what their number usually means.
  constexpr SampleFormat usual[] = {SampleFormat::i_y, SampleFormat::i_ya, SampleFormat::i_rgb,
                                    SampleFormat::i_rgba};
  if (spec.channels >= 1 && spec.channels <= 4) {
    const Family* family = family_of(usual[spec.channels - 1]);
    form.color = family->color;
    form.alpha = family->alpha;
  }
  return form;
}

ColorSpec target_color(const EncodeParams& params, const PixelForm& form) {
  if (params.color_spec != ColorSpec::unchanged) return params.color_spec;
  constexpr ColorSpec specs[] = {ColorSpec::gray, ColorSpec::srgb, ColorSpec::sycc,
                                 ColorSpec::cmyk, ColorSpec::ycck, ColorSpec::unsupported};
  return specs[static_cast<std::size_t>(form.color)];
}

ChromaSubsampling subsampling_of(const EncodeParams& params, const PixelForm& form) {
  return params.chroma_subsampling.value_or(form.channels <= 2 ? ChromaSubsampling::css_gray
                                                               : ChromaSubsampling::css_444);
}

PixelView view_of(const Image& image, const PixelForm& form) {
  PixelView view;
  view.data = image.data();
  view.row_stride = image.strides().row;
  view.pixel_stride = image.strides().pixel;
  view.channel_stride = image.strides().channel;
  view.width = image.spec().width;
  view.height = image.spec().height;
  view.form = form;
  return view;
}

}  // namespace glimt
