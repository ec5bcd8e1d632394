// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>

#include "base/bytes.h"
#include "base/checked.h"
#include "formats/png/backends.h"
#include "formats/png/chunk_writer.h"
#include "formats/png/chunks.h"
#include "formats/png/fast_deflate.h"
#include "formats/png/filter.h"
#include "formats/png/format.h"
#include "formats/png/metadata_writer.h"

namespace glimt {
namespace png {
namespace {

constexpr int kFastest = -2, kDefault = -1, kLeastDeflating = 1, kMostLevel = 9;
/// libdeflate's level by ours, 0 to 9. Its 7, 10 and 11 bring little for their time.
constexpr std::uint8_t kDeflateLevels[] = {0, 1, 2, 3, 4, 5, 6, 8, 9, 12};
constexpr int kAnyFilter = -1;

/// Filtered rows of one block of our own coder: they stay in the second-level cache, and the
/// Huffman code follows the picture. Half of it saves 0.3 % of the file and costs 5 % of the time.
constexpr std::size_t kBlockBytes = std::size_t{128} << 10;
/// A block has at least a row, and our coder counts its literals in 32 bits: longer rows are for
/// libdeflate.
constexpr std::size_t kMostFastRow = std::size_t{1} << 28;
/// A chunk holds at most 2^31 - 1 bytes (5.3).
constexpr std::size_t kMostChunk = std::size_t{1} << 30;

/// What is to be written.
struct Plan {
  Header header;
  PixelForm form;                     ///< the samples as coded, bits of less than 8 still in bytes
  std::uint8_t significant_bits = 0;  ///< for sBIT; 0: all
  int level = kDefault;
  int filter = kAnyFilter;
  std::size_t row_bytes = 0;

  [[nodiscard]] std::size_t stride() const { return row_bytes + 1; }
  [[nodiscard]] std::size_t pixel_bytes() const {
    return std::max<std::size_t>(header.pixel_bits() / 8, 1);
  }
};

Status refuse(Code code, std::string why) { return {code, "PNG: " + std::move(why)}; }

/// LOSSLESS with a value is that level, as in the peer; without one, as DEFAULT.
Result<int> level_of(const EncodeParams& params) {
  if (params.quality_type != QualityType::standard &&
      params.quality_type != QualityType::lossless) {
    return refuse(Code::unsupported, "is always lossless; use quality type DEFAULT or LOSSLESS");
  }
  if (params.quality_type == QualityType::lossless && params.quality_value) {
    const float value = *params.quality_value;
    if (!(value >= 0 && value <= kMostLevel) || value != std::floor(value)) {
      return refuse(Code::bad_argument,
                    "a LOSSLESS quality value is a deflate level, a whole number 0..9, not " +
                        std::to_string(value));
    }
    return static_cast<int>(value);
  }
  const int level = params.png.level;
  if (level < kFastest || level > kMostLevel) {
    return refuse(Code::bad_argument, "level " + std::to_string(level) + " is not in -2..9");
  }
  return level;
}

/// Gray or RGB, with the alpha that the source has; the depth of the source where PNG has it.
Status choose_form(const EncodeJob& job, Plan& plan) {
  const PixelForm& from = job.source->form();
  if (from.type != SampleType::u8 && from.type != SampleType::u16) {
    return refuse(Code::unsupported, "samples are uint8 or uint16");
  }
  bool gray = from.channels <= 2;
  if (job.color_spec == ColorSpec::gray || job.color_spec == ColorSpec::srgb) {
    gray = job.color_spec == ColorSpec::gray;
  } else if (job.color_spec != ColorSpec::unsupported && job.color_spec != ColorSpec::icc_profile &&
             job.color_spec != ColorSpec::unchanged) {
    return refuse(Code::unsupported, "stores gray or RGB; set color_spec to GRAY or SRGB");
  }
  PixelForm& to = plan.form;
  to.type = from.type;
  to.bit_depth = from.type == SampleType::u8 ? 8 : 16;
  to.color = gray ? ColorModel::gray : ColorModel::rgb;
  to.alpha = from.alpha;
  to.channels = static_cast<std::uint16_t>((gray ? 1 : 3) + (to.alpha ? 1 : 0));
  const bool full_range = from.max_value == 0;
  const bool shallow = from.bit_depth == 1 || from.bit_depth == 2 || from.bit_depth == 4;
  if (shallow && full_range && from.type == SampleType::u8 && to.channels == 1 &&
      from.channels == 1) {
    to.bit_depth = from.bit_depth;
  } else if (full_range && from.bit_depth < to.bit_depth) {
    plan.significant_bits = from.bit_depth;
  }
  if (from.color == ColorModel::other && !from.alpha && from.channels != to.channels) {
    return refuse(Code::unsupported,
                  "has no place for " + std::to_string(from.channels) +
                      " channels of no named meaning; name them by sample_format");
  }
  return {};
}

/// The filter of all rows, or the choice for each.
int filter_of(const Plan& plan) {
  // Neither stored rows nor packed bits gain from filters (12.7).
  if (plan.level == 0 || plan.form.bit_depth < 8) return static_cast<int>(Filter::none);
  return plan.level == kFastest ? static_cast<int>(Filter::paeth) : kAnyFilter;
}

Result<Plan> make_plan(const EncodeJob& job) {
  Plan plan;
  GLIMT_TRY(plan.level, level_of(*job.params));
  plan.filter = job.params->png.filter;
  if (plan.filter < kAnyFilter || plan.filter >= kFilters) {
    return refuse(Code::bad_argument, "filter " + std::to_string(plan.filter) + " is not in -1..4");
  }
  GLIMT_TRY(choose_form(job, plan));
  const std::int64_t width = job.source->width(), height = job.source->height();
  if (width <= 0 || height <= 0 || width > 0x7FFFFFFF || height > 0x7FFFFFFF) {
    return refuse(Code::bad_argument, "an image of " + std::to_string(width) + " x " +
                                          std::to_string(height) +
                                          " pixels; each side is 1..2147483647");
  }
  const bool gray = plan.form.color == ColorModel::gray;
  const ColorType types[2][2] = {{ColorType::truecolor, ColorType::truecolor_alpha},
                                 {ColorType::grayscale, ColorType::grayscale_alpha}};
  plan.header = {static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height),
                 plan.form.bit_depth, types[gray][plan.form.alpha], false};
  plan.row_bytes = ceil_div<std::size_t>(plan.header.width * plan.header.pixel_bits(), 8);
  if (plan.filter == kAnyFilter) plan.filter = filter_of(plan);
  return plan;
}

Status write_preamble(const Plan& plan, Sink& sink) {
  GLIMT_TRY(sink.append(kSignature));
  std::array<std::uint8_t, 13> header{};
  store_be(header.data(), plan.header.width);
  store_be(header.data() + 4, plan.header.height);
  header[8] = plan.header.bit_depth;
  header[9] = static_cast<std::uint8_t>(plan.header.color_type);
  GLIMT_TRY(write_chunk(sink, "IHDR", header));
  if (plan.significant_bits == 0) return {};
  std::array<std::uint8_t, 4> bits;
  bits.fill(plan.significant_bits);
  return write_chunk(sink, "sBIT", Bytes(bits).first(plan.form.channels));
}

/// Filters the rows of an image, in order.
class RowFilter {
 public:
  RowFilter(const Plan& plan, const PixelSource& source, Arena& arena)
      : plan_(plan), source_(source), arena_(arena) {}

  Status start() {
    const std::size_t bytes = plan_.row_bytes + 2 * kFilterMargin;
    for (std::uint8_t*& row : rows_) {
      const auto memory = arena_.take<std::uint8_t>(bytes);
      if (memory.empty())
        return {Code::out_of_memory, "no memory for a row of " + std::to_string(bytes) + " bytes"};
      std::memset(memory.data(), 0, bytes);
      row = memory.data() + kFilterMargin;
    }
    return {};
  }

  /// The next `count` rows with their filter bytes. Up to kFilterMargin bytes are written behind.
  Status filter(std::uint32_t count, std::uint8_t* out) {
    const Arena::Mark mark = arena_.mark();
    GLIMT_TRY(const PixelView view,
              source_.read({0, y_, source_.width(), std::int64_t{y_} + count}, arena_));
    for (std::uint32_t i = 0; i < count; ++i, ++y_, out += plan_.stride()) {
      std::uint8_t* current = rows_[y_ % 2];
      load(view.at(0, i), current);
      const UnfilteredRow row{current, rows_[1 - y_ % 2], plan_.row_bytes, plan_.pixel_bytes()};
      const Filter filter =
          plan_.filter == kAnyFilter ? best_filter(row) : static_cast<Filter>(plan_.filter);
      out[0] = static_cast<std::uint8_t>(filter);
      filter_row(filter, row, out + 1);
    }
    arena_.release(mark);
    return {};
  }

 private:
  /// Native samples to those of PNG.
  void load(const std::uint8_t* __restrict from, std::uint8_t* __restrict to) const {
    if (plan_.form.bit_depth == 8) {
      std::memcpy(to, from, plan_.row_bytes);
    } else if (plan_.form.bit_depth == 16) {
      for (std::size_t i = 0; i < plan_.row_bytes; i += 2)
        store_le(to + i, load_be<std::uint16_t>(from + i));
    } else {
      const unsigned depth = plan_.form.bit_depth, per_byte = 8 / depth;
      std::memset(to, 0, plan_.row_bytes);
      for (std::size_t x = 0; x < plan_.header.width; ++x) {
        const auto shift = static_cast<unsigned>(8 - depth - x % per_byte * depth);
        to[x / per_byte] = static_cast<std::uint8_t>(to[x / per_byte] | from[x] << shift);
      }
    }
  }

  const Plan& plan_;
  const PixelSource& source_;
  Arena& arena_;
  std::array<std::uint8_t*, 2> rows_{};
  std::uint32_t y_ = 0;
};

class PngEncoder : public ImageEncoder {
 public:
  void encode(std::span<EncodeJob> jobs, Worker& worker) override {
    for (EncodeJob& job : jobs) {
      const Arena::Mark mark = worker.arena.mark();
      job.status = encode_one(job, worker);
      worker.arena.release(mark);
    }
  }

 private:
  struct FreeCompressor {
    void operator()(libdeflate_compressor* compressor) const {
      libdeflate_free_compressor(compressor);
    }
  };

  Status encode_one(EncodeJob& job, Worker& worker) {
    GLIMT_TRY(const Plan plan, make_plan(job));
    GLIMT_TRY(job.source->start(plan.form));
    const auto bytes = checked_mul<std::size_t>(plan.stride(), plan.header.height);
    if (!bytes || *bytes > worker.limits.max_image_bytes) {
      return refuse(Code::limit, "the rows take more than max_image_bytes, " +
                                     std::to_string(worker.limits.max_image_bytes));
    }
    GLIMT_TRY(write_preamble(plan, *job.sink));
    GLIMT_TRY(write_metadata(job.embedded, *job.sink, job.note));
    RowFilter rows(plan, *job.source, worker.arena);
    GLIMT_TRY(rows.start());
    if (plan.level < 0 && plan.stride() <= kMostFastRow) {
      GLIMT_TRY(write_fast(plan, rows, worker.arena, *job.sink));
    } else {
      GLIMT_TRY(write_deflated(plan, rows, *bytes, worker.arena, *job.sink));
    }
    return write_chunk(*job.sink, "IEND", {});
  }

  /// Block by block, without any whole-image scratch.
  static Status write_fast(const Plan& plan, RowFilter& rows, Arena& arena, Sink& sink) {
    static_assert(FastDeflate::kSlack >= kFilterMargin);
    const std::size_t block_rows =
        std::clamp<std::size_t>(kBlockBytes / plan.stride(), 1, plan.header.height);
    GLIMT_TRY(FastDeflate deflate,
              FastDeflate::make(block_rows * plan.stride(), plan.level == kDefault, arena));
    OpenChunk chunk(sink);
    GLIMT_TRY(chunk.begin("IDAT"));
    GLIMT_TRY(sink.append_be(std::uint16_t{0x7801}));  // RFC 1950: deflate, 32 KiB, fastest
    std::uint32_t adler = 1;
    for (std::uint32_t y = 0; y < plan.header.height;) {
      const auto count =
          static_cast<std::uint32_t>(std::min<std::size_t>(block_rows, plan.header.height - y));
      const std::size_t size = count * plan.stride();
      GLIMT_TRY(rows.filter(count, deflate.block()));
      y += count;
      adler = libdeflate_adler32(adler, deflate.block(), size);
      if (chunk.size() > kMostChunk) {
        GLIMT_TRY(chunk.end());
        GLIMT_TRY(chunk.begin("IDAT"));
      }
      GLIMT_TRY(const auto room, sink.reserve(FastDeflate::bound(size)));
      const std::uint8_t* end = deflate.write(size, y == plan.header.height, room.data());
      sink.commit(static_cast<std::size_t>(end - room.data()));
    }
    GLIMT_TRY(sink.append_be(adler));
    return chunk.end();
  }

  /// libdeflate takes all rows at once.
  Status write_deflated(const Plan& plan, RowFilter& rows, std::size_t bytes, Arena& arena,
                        Sink& sink) {
    libdeflate_compressor* compressor = nullptr;
    GLIMT_TRY(compressor, compressor_of(plan.level < 0 ? kLeastDeflating : plan.level));
    const auto filtered = arena.take<std::uint8_t>(bytes + kFilterMargin);
    const std::size_t most = libdeflate_zlib_compress_bound(compressor, bytes);
    const auto deflated = arena.take<std::uint8_t>(most);
    if (filtered.empty() || deflated.empty()) {
      return {Code::out_of_memory, "no memory for " + std::to_string(bytes) + " bytes of PNG rows"};
    }
    const std::size_t strip_rows = std::max<std::size_t>(kBlockBytes / plan.stride(), 1);
    for (std::uint32_t y = 0; y < plan.header.height;) {
      const auto count =
          static_cast<std::uint32_t>(std::min<std::size_t>(strip_rows, plan.header.height - y));
      GLIMT_TRY(rows.filter(count, filtered.data() + y * plan.stride()));
      y += count;
    }
    const std::size_t size = libdeflate_zlib_compress(compressor, filtered.data(), bytes,
                                                      deflated.data(), deflated.size());
    if (size == 0) return {Code::internal, "libdeflate needs more than its own bound"};
    for (Bytes left = Bytes(deflated).first(size); !left.empty();) {
      const Bytes part = left.first(std::min(left.size(), kMostChunk));
      GLIMT_TRY(write_chunk(sink, "IDAT", part));
      left = left.subspan(part.size());
    }
    return {};
  }

  /// Compressors are large and reusable: one of each level that was asked for.
  Result<libdeflate_compressor*> compressor_of(int level) {
    const int deflate_level = kDeflateLevels[level];
    auto& compressor = compressors_[static_cast<std::size_t>(deflate_level)];
    if (compressor == nullptr) compressor.reset(libdeflate_alloc_compressor(deflate_level));
    if (compressor == nullptr) return Status(Code::out_of_memory, "libdeflate has no memory");
    return compressor.get();
  }

  std::array<std::unique_ptr<libdeflate_compressor, FreeCompressor>, 13> compressors_;
};

Result<std::unique_ptr<ImageEncoder>> open(const Options&) {
  return std::unique_ptr<ImageEncoder>(std::make_unique<PngEncoder>());
}

}  // namespace
}  // namespace png

const EncodeBackend kPngEncoder = {
    .name = "glimt_png_encoder",
    .alias = "opencv_png_encoder",
    .format = &kPngFormat,
    .kind = BackendKind::cpu_only,
    .grain = Grain::image,
    .caps = {.types = type_bit(SampleType::u8) | type_bit(SampleType::u16),
             .channels = 0b11110,
             .qualities = quality_bit(QualityType::standard) | quality_bit(QualityType::lossless),
             .embeds = kEmbedsPhoto | embed_bit(MetadataKind::text) |
                       embed_bit(MetadataKind::resolution)},
    .option_keys = {},
    .open = png::open,
};

}  // namespace glimt
