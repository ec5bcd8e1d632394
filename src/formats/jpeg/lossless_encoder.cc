// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Lossless JPEG: T.81 annex H with predictor 1 and a Huffman table made for each component, so that
// the pixels are read twice. Markers and component ids are those of libjpeg-turbo 3.
#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "base/bytes.h"
#include "formats/jpeg/backends.h"
#include "formats/jpeg/format.h"
#include "formats/jpeg/huffman_code.h"
#include "formats/jpeg/metadata.h"

namespace glimt::jpeg {
namespace {

constexpr std::string_view kName = "glimt_jpeg_encoder";

constexpr std::uint32_t kFeatures =
    feature_bit(EncodeFeature::jpeg_lossless) | feature_bit(EncodeFeature::jpeg_precision);

constexpr std::size_t kCategories = 17;  // T.81 table H.2
constexpr std::size_t kMostChannels = 4;
constexpr std::int64_t kStripSamples = 1 << 15;
// Code and value have 16 bits at most, and every byte may be followed by a stuffed one.
constexpr std::size_t kMostSampleBytes = 8;
constexpr std::uint8_t kNoAdobeMarker = 0xFF;

Status unsupported(std::string text) { return {Code::unsupported, std::move(text)}; }
Status bad_argument(std::string text) { return {Code::bad_argument, std::move(text)}; }

struct Plan {
  PixelForm form;  // the samples as coded
  std::int64_t width = 0, height = 0;
  std::uint8_t precision = 8;
  std::uint32_t restart_interval = 0;
  std::int64_t restart_rows = 0;
  std::array<std::uint8_t, kMostChannels> ids{1, 2, 3, 4};
  std::uint8_t adobe_transform = kNoAdobeMarker;  // without it a JFIF marker is written

  [[nodiscard]] std::size_t channels() const { return form.channels; }
};

Status choose_colors(const EncodeJob& job, Plan& plan) {
  plan.form = job.source->form();
  plan.form.planar = plan.form.bgr = plan.form.alpha = plan.form.inverted = false;
  const auto code = [&](ColorModel color, std::uint16_t channels, std::uint8_t adobe_transform) {
    plan.form.color = color;
    plan.form.channels = channels;
    plan.form.inverted = channels == 4;  // as every Adobe product writes inks
    plan.adobe_transform = adobe_transform;
    return Status();
  };
  if (job.color_spec == ColorSpec::gray || job.subsampling == ChromaSubsampling::css_gray) {
    return code(ColorModel::gray, 1, kNoAdobeMarker);
  }
  if (job.subsampling != ChromaSubsampling::css_444) {
    return unsupported("lossless JPEG keeps every sample: use chroma subsampling CSS_444");
  }
  switch (job.color_spec) {
    case ColorSpec::srgb:
      plan.ids = {'R', 'G', 'B', 0};
      return code(ColorModel::rgb, 3, 0);
    case ColorSpec::sycc:
      return code(ColorModel::ycc, 3, kNoAdobeMarker);
    case ColorSpec::cmyk:
      return code(ColorModel::cmyk, 4, 0);
    case ColorSpec::ycck:
      return code(ColorModel::ycck, 4, 2);
    default:
      return unsupported(
          "JPEG codes gray, RGB, YCbCr, CMYK and YCCK; name the image's colours by its sample "
          "format or by color_spec");
  }
}

Result<Plan> plan_for(const EncodeJob& job) {
  const JpegEncodeParams& params = job.params->jpeg;
  Plan plan;
  if (params.progressive || params.arithmetic) {
    return bad_argument(
        "lossless JPEG is neither progressive nor arithmetic here: leave these out");
  }
  GLIMT_TRY(choose_colors(job, plan));
  const unsigned precision = params.precision != 0 ? params.precision : plan.form.bit_depth;
  if (precision > 16 || (params.precision != 0 && precision < 2)) {
    return bad_argument("lossless JPEG has 2 to 16 bits a sample, asked for were " +
                        std::to_string(precision));
  }
  plan.precision = static_cast<std::uint8_t>(std::max(precision, 2U));
  plan.width = job.source->width();
  plan.height = job.source->height();
  if (plan.width < 1 || plan.height < 1) return bad_argument("the image has no pixels");
  if (plan.width > 65535 || plan.height > 65535) {
    return unsupported("JPEG has at most 65535 pixels a side, the image has " +
                       std::to_string(plan.width) + " x " + std::to_string(plan.height));
  }
  plan.restart_interval = params.restart_interval;
  if (plan.restart_interval % plan.width != 0 || plan.restart_interval > 65535) {
    return bad_argument(
        "restart intervals of lossless JPEG are whole rows (T.81 H.1.1), up to "
        "65535 pixels: take a multiple of " +
        std::to_string(plan.width) + " instead of " + std::to_string(plan.restart_interval));
  }
  plan.restart_rows = plan.restart_interval / plan.width;
  return plan;
}

/// Differences of the samples of one row from their predictions, modulo 2^16, in the order of the
/// stream. `above` is null in the first row of a scan or restart interval (H.1.2.1).
template <class T>
std::uint32_t take_differences(const std::uint8_t* row_bytes, const std::uint8_t* above_bytes,
                               const Plan& plan, std::int16_t* out) {
  const T* row = reinterpret_cast<const T*>(row_bytes);
  const T* above = reinterpret_cast<const T*>(above_bytes);
  const std::size_t channels = plan.channels();
  const std::size_t count = static_cast<std::size_t>(plan.width) * channels;
  std::uint32_t seen = 0;
  for (std::size_t i = 0; i < channels; ++i) {
    const int first = 1 << (plan.precision - 1);
    out[i] = static_cast<std::int16_t>(row[i] - (above != nullptr ? above[i] : first));
    seen |= row[i];
  }
  for (std::size_t i = channels; i < count; ++i) {
    out[i] = static_cast<std::int16_t>(row[i] - row[i - channels]);
    seen |= row[i];
  }
  return seen;
}

/// Table H.2; -32768 stands for 32768, to which it is equal modulo 2^16.
inline unsigned category_of(std::int16_t difference) {
  const int value = difference;
  return static_cast<unsigned>(std::bit_width(static_cast<unsigned>(value < 0 ? -value : value)));
}

using Words = std::array<std::array<HuffmanWord, 256>, kMostChannels>;

/// Writes codes and values, with a zero byte stuffed behind each 0xFF (F.1.2.3).
class BitWriter {
 public:
  explicit BitWriter(std::uint8_t* out) : begin_(out), out_(out) {}

  void put(std::uint32_t bits, unsigned count) {
    bits_ = bits_ << count | bits;
    count_ += count;
    while (count_ >= 8) put_byte(static_cast<std::uint8_t>(bits_ >> (count_ -= 8)));
  }
  /// Fills the last byte up with ones.
  void flush() {
    if (count_ > 0) put((1U << (8 - count_)) - 1, 8 - count_);
  }
  void put_marker(std::uint8_t marker) {
    *out_++ = 0xFF;
    *out_++ = marker;
  }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(out_ - begin_); }
  void restart(std::uint8_t* out) { begin_ = out_ = out; }

 private:
  void put_byte(std::uint8_t byte) {
    *out_++ = byte;
    if (byte == 0xFF) *out_++ = 0;
  }

  std::uint64_t bits_ = 0;
  unsigned count_ = 0;
  std::uint8_t* begin_;
  std::uint8_t* out_;
};

void put_row(std::span<const std::int16_t> differences, std::size_t channels, const Words& words,
             BitWriter& writer) {
  for (std::size_t i = 0; i < differences.size(); i += channels) {
    for (std::size_t c = 0; c < channels; ++c) {
      const std::int32_t value = differences[i + c];
      const unsigned category = category_of(differences[i + c]);
      const HuffmanWord word = words[c][category];
      const unsigned bits = category % 16;  // those of category 16 are none
      const auto magnitude = static_cast<std::uint32_t>(value - (value < 0 ? 1 : 0));
      writer.put(word.bits << bits | (magnitude & ((1U << bits) - 1)), word.length + bits);
    }
  }
}

class LosslessEncoder final : public ImageEncoder {
 public:
  static Result<std::unique_ptr<ImageEncoder>> open(const Options&) {
    return std::unique_ptr<ImageEncoder>(std::make_unique<LosslessEncoder>());
  }

  void encode(std::span<EncodeJob> jobs, Worker& worker) override {
    for (EncodeJob& job : jobs) {
      const Arena::Mark mark = worker.arena.mark();
      job.status = encode_one(job, worker);
      if (&job != &jobs.back()) worker.arena.release(mark);
    }
  }

 private:
  Status encode_one(EncodeJob& job, Worker& worker);
  template <class Take>
  Status for_each_row(const EncodeJob& job, Worker& worker, Take take);
  Status count_categories(const EncodeJob& job, Worker& worker);
  Status write_header(EncodeJob& job) const;
  Status write_data(const EncodeJob& job, Worker& worker);

  Plan plan_;
  std::span<std::int16_t> differences_;
  std::array<std::array<std::uint64_t, kCategories>, kMostChannels> frequencies_;
  std::array<HuffmanCodeList, kMostChannels> codes_;
  Words words_;
};

Status LosslessEncoder::encode_one(EncodeJob& job, Worker& worker) {
  GLIMT_TRY(plan_, plan_for(job));
  GLIMT_TRY(check_application_data(job.embedded));
  GLIMT_TRY(job.source->start(plan_.form));
  differences_ =
      worker.arena.take<std::int16_t>(static_cast<std::size_t>(plan_.width) * plan_.channels());
  if (differences_.empty()) return {Code::out_of_memory, "no memory for a row of samples"};
  GLIMT_TRY(count_categories(job, worker));
  for (std::size_t c = 0; c < plan_.channels(); ++c) {
    codes_[c] = make_huffman_code(frequencies_[c]);
    words_[c] = huffman_words(codes_[c]);
  }
  GLIMT_TRY(write_header(job));
  GLIMT_TRY(write_data(job, worker));
  return job.sink->append_be<std::uint16_t>(0xFF00 | kEoi);
}

/// Calls take(y, samples seen) for every row, its differences being in differences_.
template <class Take>
Status LosslessEncoder::for_each_row(const EncodeJob& job, Worker& worker, Take take) {
  const auto take_row = plan_.form.type == SampleType::u8 ? take_differences<std::uint8_t>
                                                          : take_differences<std::uint16_t>;
  const auto samples = static_cast<std::int64_t>(differences_.size());
  const std::int64_t strip_rows = std::max<std::int64_t>(kStripSamples / samples, 1);
  for (std::int64_t y = 0; y < plan_.height;) {
    const std::int64_t end = std::min(y + strip_rows, plan_.height);
    // One row more: the first prediction of a row comes from the one above.
    const std::int64_t top = std::max<std::int64_t>(y - 1, 0);
    const Arena::Mark mark = worker.arena.mark();
    GLIMT_TRY(const PixelView strip, job.source->read({0, top, plan_.width, end}, worker.arena));
    for (; y < end; ++y) {
      const bool first = y == 0 || (plan_.restart_rows > 0 && y % plan_.restart_rows == 0);
      const std::uint8_t* above = first ? nullptr : strip.at(0, y - 1 - top);
      GLIMT_TRY(take(y, take_row(strip.at(0, y - top), above, plan_, differences_.data())));
    }
    worker.arena.release(mark);
  }
  return {};
}

Status LosslessEncoder::count_categories(const EncodeJob& job, Worker& worker) {
  frequencies_ = {};
  const std::size_t channels = plan_.channels();
  return for_each_row(job, worker, [&](std::int64_t y, std::uint32_t seen) -> Status {
    if (seen >> plan_.precision != 0) {
      return bad_argument("row " + std::to_string(y) + " has samples of more than " +
                          std::to_string(plan_.precision) + " bits; set precision to " +
                          std::to_string(std::bit_width(seen)) + " or more");
    }
    for (std::size_t i = 0; i < differences_.size(); i += channels) {
      for (std::size_t c = 0; c < channels; ++c) {
        ++frequencies_[c][category_of(differences_[i + c])];
      }
    }
    return {};
  });
}

Status LosslessEncoder::write_header(EncodeJob& job) const {
  Sink& sink = *job.sink;
  const std::size_t channels = plan_.channels();
  const auto append = [&](std::initializer_list<unsigned> bytes) -> Status {
    for (const unsigned byte : bytes) {
      GLIMT_TRY(sink.append_be<std::uint8_t>(static_cast<std::uint8_t>(byte)));
    }
    return {};
  };
  const auto begin_segment = [&](unsigned marker, std::size_t payload) -> Status {
    return append({0xFF, marker, static_cast<unsigned>(payload + 2) >> 8,
                   static_cast<unsigned>(payload + 2)});
  };
  GLIMT_TRY(append({0xFF, kSoi}));
  if (plan_.adobe_transform == kNoAdobeMarker) {  // JFIF 1.01
    const Density density = density_of(job.embedded);
    GLIMT_TRY(begin_segment(kApp0, 14));
    GLIMT_TRY(append({'J', 'F', 'I', 'F', 0, 1, 1, density.unit}));
    GLIMT_TRY(sink.append_be(density.x));
    GLIMT_TRY(sink.append_be(density.y));
    GLIMT_TRY(append({0, 0}));
  } else {
    note_density(job.embedded, job.note);
    GLIMT_TRY(begin_segment(kApp14, 12));
    GLIMT_TRY(append({'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, plan_.adobe_transform}));
  }
  GLIMT_TRY(append_application_data(sink, job.embedded));
  GLIMT_TRY(begin_segment(kSof3, 6 + 3 * channels));
  GLIMT_TRY(append({plan_.precision}));
  GLIMT_TRY(sink.append_be(static_cast<std::uint16_t>(plan_.height)));
  GLIMT_TRY(sink.append_be(static_cast<std::uint16_t>(plan_.width)));
  GLIMT_TRY(append({static_cast<unsigned>(channels)}));
  for (std::size_t c = 0; c < channels; ++c) GLIMT_TRY(append({plan_.ids[c], 0x11, 0}));
  for (std::size_t c = 0; c < channels; ++c) {
    GLIMT_TRY(begin_segment(kDht, 17 + codes_[c].symbols.size()));
    GLIMT_TRY(append({static_cast<unsigned>(c)}));
    GLIMT_TRY(sink.append(codes_[c].counts));
    GLIMT_TRY(sink.append(codes_[c].symbols));
  }
  if (plan_.restart_interval > 0) {
    GLIMT_TRY(begin_segment(kDri, 2));
    GLIMT_TRY(sink.append_be(static_cast<std::uint16_t>(plan_.restart_interval)));
  }
  GLIMT_TRY(begin_segment(kSos, 4 + 2 * channels));
  GLIMT_TRY(append({static_cast<unsigned>(channels)}));
  for (unsigned c = 0; c < channels; ++c) GLIMT_TRY(append({plan_.ids[c], c << 4}));
  return append({1, 0, 0});  // predictor 1, no point transform
}

Status LosslessEncoder::write_data(const EncodeJob& job, Worker& worker) {
  Sink& sink = *job.sink;
  BitWriter writer(nullptr);
  // A marker, and the bits that the row before left over.
  const std::size_t room_bytes = differences_.size() * kMostSampleBytes + 64;
  GLIMT_TRY(for_each_row(job, worker, [&](std::int64_t y, std::uint32_t) -> Status {
    GLIMT_TRY(const auto room, sink.reserve(room_bytes));
    writer.restart(room.data());
    if (y > 0 && plan_.restart_rows > 0 && y % plan_.restart_rows == 0) {
      writer.flush();
      writer.put_marker(static_cast<std::uint8_t>(kRst0 + (y / plan_.restart_rows - 1) % 8));
    }
    put_row(differences_, plan_.channels(), words_, writer);
    sink.commit(writer.size());
    return {};
  }));
  GLIMT_TRY(const auto room, sink.reserve(2));
  writer.restart(room.data());
  writer.flush();
  sink.commit(writer.size());
  return {};
}

}  // namespace
}  // namespace glimt::jpeg

namespace glimt {

const EncodeBackend kJpegLosslessEncoder = {
    .name = jpeg::kName,
    .alias = "",
    .format = &kJpegFormat,
    .kind = BackendKind::cpu_only,
    .grain = Grain::image,
    .caps = {.types = type_bit(SampleType::u8) | type_bit(SampleType::u16),
             .channels = 0b11110,
             .qualities = quality_bit(QualityType::standard) | quality_bit(QualityType::quality) |
                          quality_bit(QualityType::lossless),
             .embeds = jpeg::kEmbeds,
             .features = jpeg::kFeatures,
             .needs = feature_bit(EncodeFeature::jpeg_lossless)},
    .option_keys = {},
    .open = jpeg::LosslessEncoder::open,
};

}  // namespace glimt
