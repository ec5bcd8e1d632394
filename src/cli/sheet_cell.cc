// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/sheet_cell.h"

#include <exception>

#include <fmt/format.h>

#include "cli/codecs.h"
#include "cli/target.h"
#include "cli/text.h"

namespace glimt::cli {
namespace {

DecodeParams thumbnail_params(const ImageInfo& info) {
  DecodeParams params;
  if (has_alpha(info)) params.sample_format = SampleFormat::i_rgba;
  return params;
}

Status fill(const Decoder& decoder, const Input& input, const SheetLayout& layout, Cell& cell) {
  const Result<CodeStream> stream = CodeStream::open(input.path);
  if (!stream.ok()) return stream.status();
  const Result<ImageInfo> info = stream->info();
  if (!info.ok()) return info.status();
  const Result<Decoded> decoded = decode_image(decoder, *stream, thumbnail_params(*info));
  if (!decoded.ok()) return decoded.status();
  cell.thumbnail = thumbnail(decoded->image, layout.cell_width(), layout.thumbnail_height(),
                             SheetLayout::kPaper);
  cell.lines = {
      fmt::format("{}, {}", info->codec_name, pixels_text(info->width, info->height)),
      fmt::format("{}, {} ms", bytes_text(stream->bytes().size()), number_text(decoded->ms))};
  return {};
}

}  // namespace

Status make_cell(const Decoder& decoder, const Input& input, const SheetLayout& layout,
                 Cell& cell) noexcept {
  Status status;
  try {
    cell.name = input.relative.filename().string();
    status = fill(decoder, input, layout, cell);
  } catch (const std::exception& failure) {
    status = Status(Code::out_of_memory, failure.what());
  }
  if (!status.ok()) {
    cell.failed = true;
    cell.lines = {"not decoded:", status.text()};
  }
  return status;
}

}  // namespace glimt::cli
