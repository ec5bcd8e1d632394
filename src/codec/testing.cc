// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/testing.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "base/bytes.h"

namespace glimt::testing {
namespace {

template <class T>
double sample_at(const Picture& picture, std::size_t i) {
  return static_cast<double>(picture.samples<T>()[i]);
}
using SampleAt = double (*)(const Picture&, std::size_t);
// Rows in the order of SampleType.
constexpr SampleAt kSampleAt[] = {
    sample_at<std::uint8_t>,  sample_at<std::int8_t>,   sample_at<std::uint16_t>,
    sample_at<std::int16_t>,  sample_at<std::uint32_t>, sample_at<std::int32_t>,
    sample_at<std::uint64_t>, sample_at<std::int64_t>,  sample_at<_Float16>,
    sample_at<float>,         sample_at<double>};

Picture blank(std::int64_t width, std::int64_t height, const PixelForm& form) {
  return {width, height, form, std::vector<std::uint8_t>(packed_bytes(width, height, form))};
}

ColorSpec spec_of(ColorModel model) {
  switch (model) {
    case ColorModel::gray:
      return ColorSpec::gray;
    case ColorModel::rgb:
      return ColorSpec::srgb;
    case ColorModel::ycc:
      return ColorSpec::sycc;
    case ColorModel::cmyk:
      return ColorSpec::cmyk;
    case ColorModel::ycck:
      return ColorSpec::ycck;
    case ColorModel::other:
      return ColorSpec::unsupported;
  }
  return ColorSpec::unsupported;
}

/// As the engine decides what ColorSpec::unchanged gives.
PixelForm natural_form(PixelForm form) {
  if (form.color == ColorModel::ycc) form.color = ColorModel::rgb;
  form.planar = false;
  form.bgr = false;
  return form;
}

}  // namespace

PixelView Picture::view() { return packed_view(data.data(), width, height, form); }

Picture make_picture(std::int64_t width, std::int64_t height, const PixelForm& form,
                     unsigned seed) {
  Picture picture = blank(width, height, form);
  PixelForm wide = form;  // made as 16 bits, then brought to the form by the plain rule
  wide.type = SampleType::u16;
  wide.bit_depth = 16;
  wide.max_value = 0;
  std::vector<std::uint16_t> samples(static_cast<std::size_t>(width * height) * form.channels);
  std::mt19937 random(seed);
  const PixelView view =
      packed_view(reinterpret_cast<std::uint8_t*>(samples.data()), width, height, wide);
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      for (std::uint32_t c = 0; c < form.channels; ++c) {
        const double wave = std::sin(0.11 * static_cast<double>(x) + c + seed) +
                            std::cos(0.07 * static_cast<double>(y) - 2.0 * c);
        const double noise = static_cast<double>(random() % 4096) - 2048.0;
        const double value = std::clamp(32767.0 + 17000.0 * wave + noise, 0.0, 65535.0);
        store_le(view.at(x, y) + c * view.channel_stride, static_cast<std::uint16_t>(value));
      }
    }
  }
  const auto converter = Converter::make(wide, form);
  if (converter.ok()) converter->run(view, picture.view());
  return picture;
}

Decoded decode(const DecodeBackend& backend, Bytes data, const DecodeWish& wish) {
  Decoded out;
  const Source source{data};
  const PageRange page;
  auto info = backend.format->parse(source, page);
  if (!info.ok()) {
    out.status = info.status();
    return out;
  }
  const Limits limits;
  const std::uint64_t stored = std::uint64_t{info->image.width} * info->image.height;
  if (stored > (std::uint64_t{1} << 28)) {
    out.status = Status(Code::limit, "too large for a test");
    return out;
  }
  const PixelForm form = wish.form.channels != 0 ? wish.form : natural_form(info->form);
  const Rect whole{0, 0, info->image.width, info->image.height};
  const Rect window = wish.window.empty() ? whole : wish.window;
  out.picture = blank(window.width(), window.height(), form);
  CanvasTarget target;
  target.image = out.picture.view();
  target.window = window;
  target.stored_width = whole.x1;
  target.stored_height = whole.y1;
  Canvas canvas(target);
  canvas.fill_outside();

  auto decoder = backend.open(Options::parse(wish.options));
  if (!decoder.ok()) {
    out.status = decoder.status();
    return out;
  }
  Arena arena;
  Worker worker{arena, limits, {}};
  DecodeJob job;
  job.info = &*info;
  job.source = &source;
  job.page = page;
  job.canvas = &canvas;
  job.partial = wish.partial;
  (*decoder)->decode({&job, 1}, worker);
  out.status = job.status;
  out.note = job.note;
  out.units_decoded = job.units_decoded;
  return out;
}

Encoded encode(const EncodeBackend& backend, Picture& picture, const EncodeParams& params) {
  Encoded out;
  auto encoder = backend.open(Options{});
  if (!encoder.ok()) {
    out.status = encoder.status();
    return out;
  }
  PixelSource source(picture.view());
  Sink sink;
  EncodeJob job;
  job.params = &params;
  job.source = &source;
  job.color_spec =
      params.color_spec == ColorSpec::unchanged ? spec_of(picture.form.color) : params.color_spec;
  job.subsampling = params.chroma_subsampling.value_or(
      picture.form.channels <= 2 ? ChromaSubsampling::css_gray : ChromaSubsampling::css_444);
  job.sink = &sink;
  Arena arena;
  const Limits limits;
  Worker worker{arena, limits, {}};
  (*encoder)->encode({&job, 1}, worker);
  out.status = job.status;
  const Bytes bytes = sink.written();
  if (out.status.ok()) out.data.assign(bytes.begin(), bytes.end());
  return out;
}

double max_difference(const Picture& a, const Picture& b) {
  if (a.width != b.width || a.height != b.height || !(a.form == b.form)) return -1;
  const SampleAt at = kSampleAt[static_cast<std::size_t>(a.form.type)];
  double most = 0;
  const std::size_t count = static_cast<std::size_t>(a.width * a.height) * a.form.channels;
  for (std::size_t i = 0; i < count; ++i) most = std::max(most, std::abs(at(a, i) - at(b, i)));
  return most;
}

}  // namespace glimt::testing
