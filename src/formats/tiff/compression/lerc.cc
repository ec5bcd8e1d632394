// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/compression/lerc.h"

#include <Lerc_c_api.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/checked.h"

namespace glimt::tiff {
namespace {

// Lerc_types.h; the C interface takes plain numbers.
constexpr int kBufferTooSmall = 3;

enum class Outer : std::uint32_t { none = 0, deflate = 1, zstd = 2 };

struct TypeRow {
  SampleKind kind;
  std::uint32_t bits;
  unsigned lerc;
};
constexpr TypeRow kTypes[] = {
    {SampleKind::signed_integer, 8, 0},  {SampleKind::unsigned_integer, 8, 1},
    {SampleKind::signed_integer, 16, 2}, {SampleKind::unsigned_integer, 16, 3},
    {SampleKind::signed_integer, 32, 4}, {SampleKind::unsigned_integer, 32, 5},
    {SampleKind::floating, 32, 6},       {SampleKind::floating, 64, 7},
};

std::optional<unsigned> lerc_type(const ChunkShape& shape) {
  for (const TypeRow& row : kTypes) {
    if (row.kind == shape.kind && row.bits == shape.bits) return row.lerc;
  }
  return std::nullopt;
}

Status wrong_type(const ChunkShape& shape) {
  return {Code::unsupported,
          "LERC does not know samples of " + std::to_string(shape.bits) + " bits of this kind"};
}

/// What the data say of themselves (lerc_getBlobInfo).
struct Blob {
  unsigned version, type, depth, columns, rows, bands, valid_pixels, bytes, masks;
};

/// Depth (samples of a pixel side by side) and bands (planes) as libtiff takes them.
Status check(const Blob& blob, const ChunkShape& shape, unsigned type) {
  const bool one_alpha = type == 1 && shape.samples > 1 && blob.depth == shape.samples - 1;
  const bool side_by_side = blob.bands == 1 && (blob.depth == shape.samples || one_alpha);
  const bool planes = blob.depth == 1 && blob.bands == shape.samples;
  if (blob.type != type || blob.columns != shape.width || blob.rows != shape.height ||
      !(side_by_side || planes)) {
    return {Code::corrupt, "the LERC data hold " + std::to_string(blob.columns) + " x " +
                               std::to_string(blob.rows) + " pixels of " +
                               std::to_string(blob.depth * blob.bands) + " samples (type " +
                               std::to_string(blob.type) + "), not what the tags say"};
  }
  if (blob.masks > 1 && blob.masks != blob.bands)
    return {Code::corrupt, "the LERC data have " + std::to_string(blob.masks) + " masks"};
  return {};
}

template <class T>
void put_nan(std::span<std::uint8_t> samples, std::size_t index) {
  const T nan = std::numeric_limits<T>::quiet_NaN();
  std::memcpy(samples.data() + index * sizeof nan, &nan, sizeof nan);
}

/// Planes, one after the other, to samples side by side.
void interleave(const ChunkShape& shape, std::size_t sample_bytes, Bytes planes,
                std::span<std::uint8_t> out) {
  const std::size_t pixels = std::size_t{shape.width} * shape.height;
  for (std::size_t s = 0; s < shape.samples; ++s) {
    for (std::size_t i = 0; i < pixels; ++i) {
      std::memcpy(&out[(i * shape.samples + s) * sample_bytes],
                  &planes[(s * pixels + i) * sample_bytes], sample_bytes);
    }
  }
}

/// Samples without their last one to all, from the end on as both begin at the same place.
void add_alpha(const ChunkShape& shape, Bytes mask, std::span<std::uint8_t> samples) {
  const std::size_t all = shape.samples, stored = all - 1;
  for (std::size_t i = std::size_t{shape.width} * shape.height; i-- > 0;) {
    std::memmove(&samples[i * all], &samples[i * stored], stored);
    samples[i * all + stored] = mask.empty() || mask[i] != 0 ? 255 : 0;
  }
}

void mask_out(const ChunkShape& shape, Bytes mask, std::size_t masks,
              std::span<std::uint8_t> samples) {
  const std::size_t pixels = std::size_t{shape.width} * shape.height;
  for (std::size_t i = 0; i < pixels * shape.samples; ++i) {
    const std::size_t pixel = i / shape.samples;
    const std::size_t plane = masks > 1 ? i % shape.samples : 0;
    if (mask[plane * pixels + pixel] != 0) continue;
    if (shape.bits == 32) put_nan<float>(samples, i);
    if (shape.bits == 64) put_nan<double>(samples, i);
  }
}

void swap_samples(std::uint32_t bits, std::span<std::uint8_t> samples) {
  const std::size_t size = bits / 8;
  for (std::size_t i = 0; i + size <= samples.size(); i += size)
    std::reverse(samples.begin() + static_cast<std::ptrdiff_t>(i),
                 samples.begin() + static_cast<std::ptrdiff_t>(i + size));
}

Expanded failed(Code code, const std::string& why) { return {0, Status(code, why)}; }

}  // namespace

Expanded LercDecoder::expand(const ChunkShape& shape, Bytes coded, Inflater& inflater,
                             ZstdDecoder& zstd, std::span<std::uint8_t> out) {
  const auto type = lerc_type(shape);
  if (!type) return {0, wrong_type(shape)};
  const std::size_t sample_bytes = shape.bits / 8;
  const auto pixels = checked_size(shape.width, shape.height);
  const auto whole = checked_size(shape.width, shape.height, shape.samples, sample_bytes);
  if (!whole || *whole > (std::size_t{1} << 31) || coded.size() > 0xffffffff)
    return failed(Code::unsupported, "LERC data of more than 2 GiB in one strip or tile");
  if (shape.lerc_parameters[1] > 2)
    return failed(Code::unsupported, "LERC inside of an unknown compression");
  if (const auto outer = static_cast<Outer>(shape.lerc_parameters[1]); outer != Outer::none) {
    // LERC stores what it cannot shorten, with a mask and a little more.
    blob_.resize(*whole + *whole / 2 + 65536);
    const Expanded inner =
        outer == Outer::deflate ? inflater.expand(coded, blob_) : zstd.expand(coded, blob_);
    if (!inner.defect.ok()) return {0, inner.defect};
    coded = Bytes(blob_).first(inner.bytes);
  }
  Blob blob{};
  static_assert(sizeof blob == 9 * sizeof(unsigned));
  const auto coded_bytes = static_cast<unsigned>(coded.size());
  if (lerc_getBlobInfo(coded.data(), coded_bytes, &blob.version, nullptr, 9, 0) != 0)
    return failed(Code::corrupt, "the LERC data have no valid header");
  if (const Status status = check(blob, shape, *type); !status.ok()) return {0, status};

  const bool floating = shape.kind == SampleKind::floating;
  const bool alpha = blob.bands == 1 && blob.depth + 1 == shape.samples;
  const unsigned masks = alpha || floating ? blob.masks : 0;
  const bool planes = blob.bands > 1;
  mask_.resize(*pixels * masks);
  samples_.resize(out.size() < *whole || planes ? *whole * (planes ? 2 : 1) : 0);
  const std::span<std::uint8_t> samples =
      samples_.empty() ? out.first(*whole) : std::span(samples_).first(*whole);
  const std::span<std::uint8_t> decoded = planes ? std::span(samples_).subspan(*whole) : samples;
  const int depth = static_cast<int>(blob.depth), bands = static_cast<int>(blob.bands);
  if (lerc_decode(coded.data(), coded_bytes, static_cast<int>(masks),
                  masks == 0 ? nullptr : mask_.data(), depth, static_cast<int>(shape.width),
                  static_cast<int>(shape.height), bands, *type, decoded.data()) != 0)
    return failed(Code::corrupt, "the LERC data are damaged");
  if (planes) interleave(shape, sample_bytes, decoded, samples);
  if (alpha) add_alpha(shape, mask_, samples);
  if (floating && masks != 0) mask_out(shape, mask_, masks, samples);
  if (shape.big_endian && sample_bytes > 1) swap_samples(shape.bits, samples);
  const std::size_t bytes = std::min(out.size(), *whole);
  if (samples.data() != out.data()) std::memcpy(out.data(), samples.data(), bytes);
  return {bytes, {}};
}

Status compress_lerc(const ChunkShape& shape, Bytes rows, double max_error, Deflater& deflater,
                     ZstdEncoder& zstd, std::vector<std::uint8_t>& out) {
  const auto type = lerc_type(shape);
  if (!type) return wrong_type(shape);
  if (shape.lerc_parameters[1] > 2)
    return {Code::bad_argument, "LERC may lie in nothing (0), Deflate (1) or Zstd (2)"};
  std::vector<std::uint8_t> native;
  if (shape.big_endian && shape.bits > 8) {
    native.assign(rows.begin(), rows.end());
    swap_samples(shape.bits, native);
    rows = native;
  }
  const int depth = static_cast<int>(shape.samples), width = static_cast<int>(shape.width),
            height = static_cast<int>(shape.height);
  std::vector<std::uint8_t> blob(rows.size() + rows.size() / 8 + 65536);
  for (;;) {
    unsigned written = 0;
    const unsigned outcome =
        lerc_encode(rows.data(), *type, depth, width, height, 1, 0, nullptr, max_error, blob.data(),
                    static_cast<unsigned>(blob.size()), &written);
    if (outcome == 0) {
      blob.resize(written);
      break;
    }
    if (outcome != kBufferTooSmall || blob.size() > 4 * rows.size() + 65536)
      return {Code::internal,
              "liblerc could not compress (its code " + std::to_string(outcome) + ")"};
    blob.resize(2 * blob.size());
  }
  switch (static_cast<Outer>(shape.lerc_parameters[1])) {
    case Outer::deflate:
      return deflater.compress(blob, Deflater::kDefaultLevel, out);
    case Outer::zstd:
      return zstd.compress(blob, ZstdEncoder::kDefaultLevel, out);
    default:
      out.insert(out.end(), blob.begin(), blob.end());
      return {};
  }
}

}  // namespace glimt::tiff
