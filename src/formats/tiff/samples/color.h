// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Colour that other parts of glimt do not know: palettes, YCbCr of TIFF's own making, CIE L*a*b*.
// Where standards leave room, results are those of libtiff.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "glimt/types.h"

namespace glimt::tiff {

/// A ColorMap (tag 320), kept as RGB triples.
class Palette {
 public:
  /// `map`: 2^bits reds, then greens, then blues, of a palette image with `bits` bits a sample
  /// (1 to 16). Code::corrupt: another number of values; unsupported: more than 16 bits.
  static Result<Palette> make(std::span<const std::uint16_t> map, std::uint32_t bits);

  /// Indices of native type (u8 up to 8 bits, else u16) to RGB. The high byte of each value, or,
  /// as files of some writers want it, the low byte when no value of the map exceeds 255.
  void expand(const std::uint8_t* indices, std::size_t count, std::uint8_t* rgb) const;
  void expand(const std::uint16_t* indices, std::size_t count, std::uint8_t* rgb) const;
  /// Indices to RGB of 16 bits, as stored.
  void expand(const std::uint8_t* indices, std::size_t count, std::uint16_t* rgb) const;
  void expand(const std::uint16_t* indices, std::size_t count, std::uint16_t* rgb) const;

 private:
  Palette() = default;
  std::vector<std::uint8_t> rgb8_;
  std::vector<std::uint16_t> rgb16_;
};

/// Turns black into white: v becomes 2^bits - 1 - v, in place; a signed v becomes -1 - v, and a
/// floating one stays (TIFF names no white for it).
void invert_samples(SampleType type, std::uint32_t bits, void* samples, std::size_t count);

/// YCbCr of 8 bits to RGB by the numbers of the file (TIFF 6.0 sections 20 and 21).
class YcbcrToRgb {
 public:
  /// Defaults are those of the tags YCbCrCoefficients (529) and ReferenceBlackWhite (532).
  struct Numbers {
    std::array<float, 3> coefficients{0.299F, 0.587F, 0.114F};
    std::array<float, 6> reference{0, 255, 128, 255, 128, 255};
  };
  /// Code::corrupt: numbers that are not finite, or a coefficient of green that is 0.
  static Result<YcbcrToRgb> make(const Numbers& numbers);

  void pixel(std::uint8_t y, std::uint8_t cb, std::uint8_t cr, std::uint8_t* rgb) const {
    pixels(&y, 1, cb, cr, rgb);
  }
  /// Pixels that share their chroma.
  void pixels(const std::uint8_t* y, std::size_t count, std::uint8_t cb, std::uint8_t cr,
              std::uint8_t* rgb) const;

 private:
  YcbcrToRgb() = default;
  std::array<std::int32_t, 256> y_{}, cr_red_{}, cb_blue_{}, cr_green_{}, cb_green_{};
};

/// Rows of data units, each `across` * `down` Y, one Cb and one Cr (TIFF 6.0 section 21).
struct YcbcrUnits {
  std::uint32_t across = 2, down = 2;  ///< tag YCbCrSubSampling (530): 1, 2 or 4 each
  std::uint32_t width = 0;             ///< pixels of a chunk's row

  /// Bytes of one row of units, which holds `down` rows of pixels; nothing when that overflows.
  [[nodiscard]] std::optional<std::size_t> row_bytes() const;
};

/// Pixels [first, first + count) of row `line` (below down) of one row of units, to RGB; chroma is
/// repeated. `units` holds row_bytes().
void ycbcr_row_to_rgb(const YcbcrToRgb& colors, const YcbcrUnits& layout, const std::uint8_t* units,
                      std::uint32_t line, std::size_t first, std::size_t count, std::uint8_t* rgb);
/// The same, to Y, Cb, Cr as they are.
void ycbcr_row_upsampled(const YcbcrUnits& layout, const std::uint8_t* units, std::uint32_t line,
                         std::size_t first, std::size_t count, std::uint8_t* ycbcr);

/// How a* and b* are stored: CIELab (photometric 8) signed, ICCLab (9) with 128 (or 32768) added.
enum class LabForm : std::uint8_t { cie, icc };

/// L*a*b* of 8 or 16 bits to sRGB, as libtiff's TIFFReadRGBAImage.
class LabToRgb {
 public:
  /// `white`: tag WhitePoint (318), x and y. Code::corrupt: a y that is 0, numbers not finite.
  static Result<LabToRgb> make(LabForm form, std::array<float, 2> white = {0.345702F, 0.358538F});

  void run(const std::uint8_t* lab, std::size_t pixels, std::uint8_t* rgb) const;
  void run(const std::uint16_t* lab, std::size_t pixels, std::uint8_t* rgb) const;

 private:
  LabToRgb() = default;
  static constexpr int kSteps = 1500;
  void pixel(float l, float a, float b, std::uint8_t* rgb) const;

  LabForm form_ = LabForm::cie;
  std::array<float, 3> white_{};
  std::array<std::uint8_t, kSteps + 1> gamma_{};
};

/// a* and b* of CIELab (signed) to the ICC form, in place: both get 128 (or 32768) added, as Pillow
/// hands out mode LAB.
void offset_lab(std::uint8_t* lab, std::size_t pixels);
void offset_lab(std::uint16_t* lab, std::size_t pixels);

}  // namespace glimt::tiff
