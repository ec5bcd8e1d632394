// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What an encoder is asked to write, judged once for all backends.
#pragma once

#include <cstdint>

#include "codec/job.h"
#include "pixel/form.h"

namespace glimt::jpeg2000 {

enum class Container : std::uint8_t { codestream, jp2, jph };

struct EncodePlan {
  PixelForm coded;  ///< the components; planar
  std::uint32_t width = 0, height = 0;
  std::uint32_t tile_width = 0, tile_height = 0;  ///< the image's size when untiled
  std::uint8_t levels = 5;                        ///< decomposition levels
  std::uint32_t block_width = 64, block_height = 64;
  Jpeg2kProgOrder progression = Jpeg2kProgOrder::rpcl;
  bool component_transform = false;
  bool ht = false;
  Container container = Container::jp2;

  [[nodiscard]] std::uint32_t tiles_x() const { return (width - 1) / tile_width + 1; }
  [[nodiscard]] std::uint32_t tiles_y() const { return (height - 1) / tile_height + 1; }
};

/// Code::bad_argument, unsupported: the sentence says which parameter, and what to do.
Result<EncodePlan> plan_encode(const EncodeJob& job);

/// How QualityType::quality (1..100) is met: a target of 30 + 20 (quality / 100)^2 dB PSNR, about
/// what JPEG reaches on photographs at that quality.
double psnr_of_quality(double quality);

/// The quantiser step, in units of the samples, for that PSNR: full scale * sqrt(6) *
/// 10^(-psnr / 20). Uniform noise of a step would allow sqrt(12); the quantiser's dead zone, twice
/// as wide as its other cells, takes about half of that.
double step_of_psnr(double psnr, unsigned bit_depth);

/// The quality value within [low, high]; what the caller left out is `fallback`.
Result<double> quality_value(const EncodeParams& params, double fallback, double low, double high,
                             std::string_view name);

/// The name of a progression order (table A.16).
constexpr const char* progression_name(Jpeg2kProgOrder order) {
  constexpr const char* names[] = {"LRCP", "RLCP", "RPCL", "PCRL", "CPRL"};
  return names[static_cast<int>(order)];
}

}  // namespace glimt::jpeg2000
