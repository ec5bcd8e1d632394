// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Who decodes and encodes a format: rows of src/engine/catalogue.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "codec/format.h"
#include "codec/job.h"
#include "codec/options.h"

namespace glimt {

/// Bit (1 << BackendKind).
using KindMask = std::uint8_t;
constexpr KindMask kind_bit(BackendKind kind) {
  return static_cast<KindMask>(1U << static_cast<unsigned>(kind));
}

enum class Grain : std::uint8_t {
  image,  ///< called per job, from pool threads
  batch,  ///< called once with all jobs; their canvases stand for memory of Worker::gpu
};

/// What a decode backend can do: a table, judged by why_not(). Conversions are the canvas's work
/// and no cap.
struct DecodeCaps {
  std::uint8_t max_bit_depth = 16;
  std::uint16_t max_channels = 4;
  /// Bit i set: StreamInfo::coding i is understood. A format numbers its variants.
  std::uint64_t codings = ~std::uint64_t{0};
};

struct DecodeBackend {
  std::string_view name;   ///< "libjpeg_turbo_decoder"
  std::string_view alias;  ///< a further name in options
  const Format* format = nullptr;
  BackendKind kind = BackendKind::cpu_only;
  KindMask also = 0;  ///< further kinds that it answers for
  Grain grain = Grain::image;
  DecodeCaps caps;
  std::span<const std::string_view> option_keys;
  Result<std::unique_ptr<ImageDecoder>> (*open)(const Options&) = nullptr;
  /// Whether a GPU backend can serve on this device, which exists; null: on any.
  Status (*available)(int device, const Options&) = nullptr;
};

/// Parameters that only some encoders honour; one that is asked for in vain is refused by name.
enum class EncodeFeature : std::uint8_t {
  jpeg_lossless,
  jpeg_precision,
  jpeg2k_layers,
  jpeg2k_precincts,
  jpeg2k_markers,
  jpeg2k_plt,
  jpeg2k_style,
};
constexpr std::uint32_t feature_bit(EncodeFeature feature) {
  return 1U << static_cast<unsigned>(feature);
}

/// Bit of a kind of metadata that files can hold.
constexpr std::uint32_t embed_bit(MetadataKind kind) {
  // The numbers go from 0 to 10 and from 100 on.
  const auto number = static_cast<unsigned>(kind);
  return 1U << (number < 100 ? number : number - 84);
}
/// What every photo format has.
constexpr std::uint32_t kEmbedsPhoto = embed_bit(MetadataKind::exif) |
                                       embed_bit(MetadataKind::icc_profile) |
                                       embed_bit(MetadataKind::xmp);

struct EncodeCaps {
  std::uint16_t types = 1;          ///< bit (1 << SampleType)
  std::uint32_t channels = 0b1010;  ///< bit n set: n channels; bit 0: any number
  std::uint16_t qualities = 1;      ///< bit (1 << QualityType)
  std::uint32_t embeds = 0;         ///< embed_bit()s: what can be written into the file
  std::uint32_t features = 0;       ///< feature_bit()s
  std::uint32_t needs = 0;          ///< those of them without which it does not serve
};
constexpr std::uint16_t type_bit(SampleType type) {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(type));
}
constexpr std::uint16_t quality_bit(QualityType type) {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(type));
}

struct EncodeBackend {
  std::string_view name;
  std::string_view alias;
  const Format* format = nullptr;
  BackendKind kind = BackendKind::cpu_only;
  KindMask also = 0;
  Grain grain = Grain::image;
  EncodeCaps caps;
  std::span<const std::string_view> option_keys;
  Result<std::unique_ptr<ImageEncoder>> (*open)(const Options&) = nullptr;
  Status (*available)(int device, const Options&) = nullptr;
};

}  // namespace glimt
