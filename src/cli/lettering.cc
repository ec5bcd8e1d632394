// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/lettering.h"

#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <ft2build.h>
#include FT_FREETYPE_H

namespace glimt::cli {
namespace {

constexpr std::array<const char*, 6> kFonts = {
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",    // Debian, Ubuntu
    "/usr/share/fonts/TTF/DejaVuSans.ttf",                // Arch
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",  // Fedora
    "/usr/share/fonts/dejavu/DejaVuSans.ttf",             // Alpine, older Fedora
    "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
    "/usr/share/fonts/liberation-sans/LiberationSans-Regular.ttf"};

constexpr char32_t kEllipsis = U'\u2026';

/// Code points of UTF-8 text; each byte that does not belong becomes '?'.
std::u32string decode_utf8(std::string_view text) {
  std::u32string points;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    char32_t point = length == 1 ? lead : lead & (0x7FU >> length);
    std::size_t k = 1;
    for (; k < length && i + k < text.size(); ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0U) != 0x80U) break;
      point = (point << 6U) | (next & 0x3FU);
    }
    const bool whole = length != 0 && k == length;
    points.push_back(whole ? point : U'?');
    i += whole ? length : 1;
  }
  return points;
}

std::string encode_utf8(const std::u32string& points) {
  std::string text;
  for (const char32_t point : points) {
    const unsigned tail = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    constexpr std::array<unsigned, 4> leads = {0x00, 0xC0, 0xE0, 0xF0};
    text += static_cast<char>(leads[tail] | (point >> (6 * tail)));
    for (unsigned k = tail; k > 0; --k) {
      text += static_cast<char>(0x80U | ((point >> (6 * (k - 1))) & 0x3FU));
    }
  }
  return text;
}

std::string default_font() {
  for (const char* path : kFonts) {
    std::error_code error;
    if (std::filesystem::exists(path, error)) return path;
  }
  return {};
}

}  // namespace

struct Lettering::Face {
  FT_Library library = nullptr;
  FT_Face face = nullptr;

  Face() = default;
  Face(const Face&) = delete;
  Face& operator=(const Face&) = delete;
  ~Face() {
    if (face != nullptr) FT_Done_Face(face);
    if (library != nullptr) FT_Done_FreeType(library);
  }

  bool load(char32_t point) {
    return FT_Load_Char(face, point, FT_LOAD_RENDER | FT_LOAD_TARGET_LIGHT) == 0;
  }
  void set_size(int size) { FT_Set_Pixel_Sizes(face, 0, static_cast<FT_UInt>(size)); }

  std::int64_t advance(const std::u32string& points) {
    std::int64_t advance_64ths = 0;
    for (const char32_t point : points) {
      if (load(point)) advance_64ths += face->glyph->advance.x;
    }
    return (advance_64ths + 63) / 64;
  }
};

Lettering::Lettering(std::unique_ptr<Face> face) : face_(std::move(face)) {}
Lettering::~Lettering() = default;
Lettering::Lettering(Lettering&&) noexcept = default;
Lettering& Lettering::operator=(Lettering&&) noexcept = default;

Result<Lettering> Lettering::open(const std::string& font_path) {
  const std::string path = font_path.empty() ? default_font() : font_path;
  if (path.empty()) {
    return {Code::bad_argument,
            "no font was found for the labels; install the package fonts-dejavu-core, or name a "
            "TrueType file with --font"};
  }
  auto face = std::make_unique<Face>();
  if (FT_Init_FreeType(&face->library) != 0) return {Code::internal, "FreeType does not start"};
  if (FT_New_Face(face->library, path.c_str(), 0, &face->face) != 0) {
    return {Code::bad_argument, fmt::format("{} is no font file that FreeType can read", path)};
  }
  return Lettering(std::move(face));
}

std::int64_t Lettering::width(std::string_view text, int size) {
  face_->set_size(size);
  return face_->advance(decode_utf8(text));
}

std::string Lettering::fit(std::string_view text, int size, std::int64_t width) {
  face_->set_size(size);
  const std::u32string points = decode_utf8(text);
  if (face_->advance(points) <= width) return std::string(text);
  // The end of a file name tells as much as its beginning: both stay.
  for (std::size_t kept = points.size() - 1; kept > 0; --kept) {
    const std::u32string shorter =
        points.substr(0, (kept + 1) / 2) + kEllipsis + points.substr(points.size() - kept / 2);
    if (face_->advance(shorter) <= width) return encode_utf8(shorter);
  }
  return encode_utf8(std::u32string(1, kEllipsis));
}

void Lettering::draw(Picture& picture, std::int64_t x, std::int64_t y, std::string_view text,
                     int size, Rgb color) {
  face_->set_size(size);
  std::int64_t pen_64ths = x * 64;
  for (const char32_t point : decode_utf8(text)) {
    if (!face_->load(point)) continue;
    const FT_GlyphSlot glyph = face_->face->glyph;
    const FT_Bitmap& bitmap = glyph->bitmap;
    const std::int64_t left = (pen_64ths + 32) / 64 + glyph->bitmap_left;
    const std::int64_t top = y - glyph->bitmap_top;
    for (std::int64_t row = 0; row < bitmap.rows; ++row) {
      for (std::int64_t column = 0; column < bitmap.width; ++column) {
        picture.blend(left + column, top + row, color, bitmap.buffer[row * bitmap.pitch + column]);
      }
    }
    pen_64ths += glyph->advance.x;
  }
}

}  // namespace glimt::cli
