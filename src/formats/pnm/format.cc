// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/pnm/format.h"

#include <bit>
#include <string>

#include "base/bytes.h"

namespace glimt {
namespace pnm {
namespace {

constexpr std::uint32_t kMostMaxval = 65535;

/// The text of a header. Reading past the end gives empty words and sets ended().
class HeaderText {
 public:
  explicit HeaderText(Bytes data) : data_(data) {}

  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] bool ended() const { return position_ >= data_.size(); }

  /// The next word of the line-free kinds P1..P6; comments run from # to the end of the line.
  std::string_view word() {
    for (;; ++position_) {
      if (ended()) return {};
      if (data_[position_] == '#') skip_line();
      if (!ended() && !is_space(data_[position_])) break;
    }
    const std::size_t begin = position_;
    while (!ended() && !is_space(data_[position_]) && data_[position_] != '#') ++position_;
    return text(begin, position_);
  }

  /// The single white space between the header and the raster; a comment counts as one.
  void end_of_header() {
    if (ended()) return;
    if (data_[position_] == '#') skip_line();
    ++position_;
  }

  /// The next line of P7, without its end; comment and empty lines are passed over.
  std::string_view line() {
    while (!ended()) {
      const std::size_t begin = position_;
      skip_line();
      std::string_view found = text(begin, position_);
      ++position_;
      while (!found.empty() && is_space(static_cast<std::uint8_t>(found.back()))) {
        found.remove_suffix(1);
      }
      if (!found.empty() && found.front() != '#') return found;
    }
    return {};
  }

 private:
  void skip_line() {
    while (!ended() && data_[position_] != '\n' && data_[position_] != '\r') ++position_;
  }
  [[nodiscard]] std::string_view text(std::size_t begin, std::size_t end) const {
    return {reinterpret_cast<const char*>(data_.data()) + begin, end - begin};
  }

  Bytes data_;
  std::size_t position_ = 2;
};

/// A decimal number of 1..most. Code::corrupt names it.
Result<std::uint32_t> number(std::string_view word, std::uint32_t most, std::string_view name) {
  std::uint64_t value = 0;
  bool digits = !word.empty();
  for (const char c : word) {
    digits = digits && c >= '0' && c <= '9';
    if (digits && value <= most) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (!digits || value == 0 || value > most) {
    return Status(Code::corrupt, "the PNM header's " + std::string(name) + " is '" +
                                     std::string(word.substr(0, 20)) + "', not 1 to " +
                                     std::to_string(most));
  }
  return static_cast<std::uint32_t>(value);
}

Status truncated() { return {Code::truncated, "the file ends inside the PNM header"}; }

Status read_pnm(HeaderText& text, Header& header) {
  const std::string_view width = text.word(), height = text.word();
  const std::string_view maxval = header.bilevel() ? std::string_view("1") : text.word();
  if (text.ended()) return truncated();
  GLIMT_TRY(header.width, number(width, 0xffffffff, "width"));
  GLIMT_TRY(header.height, number(height, 0xffffffff, "height"));
  GLIMT_TRY(const std::uint32_t most, number(maxval, kMostMaxval, "maxval"));
  header.maxval = static_cast<std::uint16_t>(most);
  const bool rgb = header.kind == Kind::plain_rgb || header.kind == Kind::rgb;
  header.depth = rgb ? 3 : 1;
  header.color = rgb ? ColorModel::rgb : ColorModel::gray;
  text.end_of_header();
  return {};
}

/// What the tuples mean: by their type, where its depth is right, else by the depth.
void name_channels(std::string_view tuple_type, Header& header) {
  struct Row {
    std::string_view name;
    std::uint16_t depth;
    ColorModel color;
    bool alpha;
  };
  constexpr Row rows[] = {
      {"BLACKANDWHITE", 1, ColorModel::gray, false},
      {"GRAYSCALE", 1, ColorModel::gray, false},
      {"RGB", 3, ColorModel::rgb, false},
      {"BLACKANDWHITE_ALPHA", 2, ColorModel::gray, true},
      {"GRAYSCALE_ALPHA", 2, ColorModel::gray, true},
      {"RGB_ALPHA", 4, ColorModel::rgb, true},
      {"CMYK", 4, ColorModel::cmyk, false},
      {"CMYK_ALPHA", 5, ColorModel::cmyk, true},
      {"", 1, ColorModel::gray, false},
      {"", 2, ColorModel::gray, true},
      {"", 3, ColorModel::rgb, false},
      {"", 4, ColorModel::rgb, true},
  };
  header.color = ColorModel::other;
  header.alpha = false;
  for (const Row& row : rows) {
    if (row.depth != header.depth || (!row.name.empty() && row.name != tuple_type)) continue;
    header.color = row.color;
    header.alpha = row.alpha;
    return;
  }
}

Status read_pam(HeaderText& text, Header& header) {
  std::string_view tuple_type;
  std::uint32_t depth = 0, maxval = 0;
  struct Row {
    std::string_view name;
    std::uint32_t most;
    std::uint32_t* value;
  };
  const Row rows[] = {{"WIDTH", 0xffffffff, &header.width},
                      {"HEIGHT", 0xffffffff, &header.height},
                      {"DEPTH", 0xffff, &depth},
                      {"MAXVAL", kMostMaxval, &maxval}};
  for (;;) {
    const std::string_view line = text.line();
    if (line.empty()) return truncated();
    const std::size_t key_end = line.find_first_of(" \t");
    const std::string_view key = line.substr(0, key_end);
    const std::size_t at =
        key_end == line.npos ? line.npos : line.find_first_not_of(" \t", key_end);
    const std::string_view value = at == line.npos ? std::string_view() : line.substr(at);
    if (key == "ENDHDR") break;
    if (key == "TUPLTYPE") tuple_type = value;
    for (const Row& row : rows) {
      if (row.name != key) continue;
      GLIMT_TRY(*row.value, number(value, row.most, row.name));
    }
  }
  if (header.width == 0 || header.height == 0 || depth == 0 || maxval == 0) {
    return {Code::corrupt, "the PAM header lacks WIDTH, HEIGHT, DEPTH or MAXVAL"};
  }
  header.depth = static_cast<std::uint16_t>(depth);
  header.maxval = static_cast<std::uint16_t>(maxval);
  name_channels(tuple_type, header);
  return {};
}

}  // namespace

PixelForm Header::stored_form() const {
  PixelForm form;
  form.type = maxval > 255 ? SampleType::u16 : SampleType::u8;
  const auto bits = static_cast<std::uint8_t>(std::bit_width(maxval));
  const bool full = maxval == (1U << bits) - 1;
  form.bit_depth = full ? bits : static_cast<std::uint8_t>(maxval > 255 ? 16 : 8);
  form.max_value = full ? 0 : maxval;
  form.channels = depth;
  form.color = color;
  form.alpha = alpha;
  return form;
}

Result<Header> parse_header(Bytes data) {
  if (data.size() < 3 || data[0] != 'P' || data[1] < '1' || data[1] > '7') {
    return Status(Code::corrupt, "the file does not begin with a PNM magic number");
  }
  Header header;
  header.kind = static_cast<Kind>(data[1] - '0');
  HeaderText text(data);
  GLIMT_TRY(header.kind == Kind::pam ? read_pam(text, header) : read_pnm(text, header));
  header.raster_offset = text.position();
  return header;
}

}  // namespace pnm

namespace {

bool sniff(Bytes head) noexcept {
  if (head.size() < 3 || head[0] != 'P') return false;
  if (head[1] == '7') return head[2] == '\n' || head[2] == '\r';  // "P7 332" is another format
  return head[1] >= '1' && head[1] <= '6' && (pnm::is_space(head[2]) || head[2] == '#');
}

/// How the API calls the channels.
void name_colors(const PixelForm& form, ImageInfo& image) {
  struct Row {
    ColorModel color;
    bool alpha;
    ColorSpec spec;
    SampleFormat format;
  };
  constexpr Row rows[] = {
      {ColorModel::gray, false, ColorSpec::gray, SampleFormat::p_y},
      {ColorModel::gray, true, ColorSpec::gray, SampleFormat::p_ya},
      {ColorModel::rgb, false, ColorSpec::srgb, SampleFormat::p_rgb},
      {ColorModel::rgb, true, ColorSpec::srgb, SampleFormat::p_rgba},
      {ColorModel::cmyk, false, ColorSpec::cmyk, SampleFormat::p_cmyk},
  };
  image.color_spec = ColorSpec::unsupported;
  image.sample_format = SampleFormat::p_unchanged;
  for (const Row& row : rows) {
    if (row.color != form.color || row.alpha != form.alpha) continue;
    image.color_spec = row.spec;
    image.sample_format = row.format;
  }
}

Result<StreamInfo> parse(const Source& source, const PageRange&) {
  constexpr std::string_view codings[] = {"",        "plain PBM", "plain PGM", "plain PPM",
                                          "raw PBM", "raw PGM",   "raw PPM",   "PAM"};
  GLIMT_TRY(const pnm::Header header, pnm::parse_header(source.data));
  StreamInfo info;
  info.format = &kPnmFormat;
  info.coding = static_cast<std::uint8_t>(header.kind);
  info.pixel_data_offset = header.raster_offset;
  info.form = header.stored_form();
  info.form.max_value = 0;  // other maxvals are stretched to the container's range
  info.image.codec_name = kPnmFormat.name;
  info.image.coding = codings[info.coding];
  info.image.width = header.width;
  info.image.height = header.height;
  info.image.channels = header.depth;
  info.image.type = info.form.type;
  info.image.precision = info.form.bit_depth;
  name_colors(info.form, info.image);
  return info;
}

constexpr std::string_view kExtensions[] = {".pnm", ".ppm", ".pgm", ".pbm", ".pam"};

}  // namespace

constexpr Format kPnmFormat = {"pnm", kExtensions, sniff, parse, nullptr};

}  // namespace glimt
