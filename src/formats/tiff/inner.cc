// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/inner.h"

#include <string>

#include "formats/tiff/compression/compression.h"

namespace glimt::tiff {
namespace {

Compression compression_of(std::uint32_t number) {
  return number <= UINT16_MAX ? static_cast<Compression>(number) : Compression{};
}

}  // namespace

std::string_view InnerImages::format_of(std::uint32_t compression) {
  switch (compression_of(compression)) {
    case Compression::jpeg:
    case Compression::old_jpeg:
      return "jpeg";
    case Compression::jpeg2000_ycbcr:
    case Compression::jpeg2000_rgb:
    case Compression::jpeg2000:
      return "jpeg2k";
    case Compression::webp:
      return "webp";
    default:
      return "";
  }
}

Result<InnerImages> InnerImages::make(const Page& page, const InnerCodecs* codecs) {
  if (codecs == nullptr) {
    return Status(Code::unsupported, "images in formats of their own cannot be decoded here");
  }
  InnerImages images;
  images.page_ = &page;
  images.codecs_ = codecs;
  images.format_ = format_of(page.compression);
  images.compression_ = page.compression;
  const auto field = page.ifd.find(kJpegTables);
  if (images.compression_ == static_cast<std::uint32_t>(Compression::jpeg) && field) {
    if (!field->whole()) {
      return Status(Code::truncated, "JPEGTables lie beyond the end of the file");
    }
    images.tables_ = field->data;
  }
  return images;
}

PixelForm InnerImages::form(const PixelForm& wanted) const {
  PixelForm form = form_of(*page_);
  if (form.color == ColorModel::ycc && wanted.color != ColorModel::ycc) {
    form.color = ColorModel::rgb;
  }
  form.planar = page_->separate;
  return form;
}

/// What the page says of colours goes before what the inner image's own format guesses.
void InnerImages::correct(StreamInfo& info) const {
  PixelForm& form = info.form;
  if (form.channels == 4 && format_ == "jpeg" && page_->photometric == Photometric::rgb) {
    form.color = ColorModel::other;
  }
  // The ink of a TIFF file is 0 where there is none, with Adobe's marker as well (section 16).
  if (form.color == ColorModel::cmyk) form.inverted = false;
  if (form.channels != 3 || format_ == "webp") return;
  const bool subsampled =
      info.image.chroma_subsampling && *info.image.chroma_subsampling != ChromaSubsampling::css_444;
  // Aperio's files say RGB of JPEG tiles that are YCbCr by their own markers.
  const bool says_ycc = form.color == ColorModel::ycc && !info.color_guessed;
  const bool named = page_->photometric == Photometric::ycbcr ||
                     compression_of(compression_) == Compression::jpeg2000_ycbcr;
  // Lossless frames hold what was given to them, whatever their markers say.
  const bool lossless = info.image.coding == "lossless";
  const bool tells = format_ == "jpeg" && !lossless && (says_ycc || subsampled);
  form.color = named || tells ? ColorModel::ycc : ColorModel::rgb;
}

Result<StreamInfo> InnerImages::look(Bytes data, const Rect& chunk) const {
  GLIMT_TRY(StreamInfo info, codecs_->parse(format_, Source{data, nullptr, tables_}));
  if (info.image.width < chunk.width() || info.image.height < chunk.height()) {
    return Status(Code::corrupt, "its own header says " + std::to_string(info.image.width) + " x " +
                                     std::to_string(info.image.height) + " pixels instead of " +
                                     std::to_string(chunk.width()) + " x " +
                                     std::to_string(chunk.height()));
  }
  correct(info);
  return info;
}

Status InnerImages::run(const StreamInfo& info, Bytes data, Canvas& canvas, Worker& worker,
                        bool partial, std::string& note) const {
  const Source source{data, nullptr, tables_};
  DecodeJob job;
  job.info = &info;
  job.source = &source;
  job.canvas = &canvas;
  job.partial = partial;
  codecs_->decode(job, worker);
  if (note.empty()) note = std::move(job.note);
  return std::move(job.status);
}

Status InnerImages::decode(Bytes data, const Rect& chunk, const Canvas& canvas, Worker& worker,
                           bool partial, std::string& note) const {
  GLIMT_TRY(const StreamInfo info, look(data, chunk));
  const std::uint32_t channels = page_->samples;
  if (info.form.channels != channels && !(format_ == "webp" && channels >= 3)) {
    return {Code::corrupt, "it holds " + std::to_string(info.form.channels) +
                               " channels; the page has " + std::to_string(channels)};
  }
  if (info.form.color == ColorModel::other) {
    // As stored: the page's names of the channels hold.
    const Rect part = intersect(chunk, canvas.wanted());
    GLIMT_TRY(const Strip strip, canvas.begin(part, worker.arena));
    GLIMT_TRY(decode_plane(data, chunk, part, strip.view, worker, partial, note));
    canvas.end(strip);
    return {};
  }
  const Rect place{chunk.x0, chunk.y0, chunk.x0 + info.image.width, chunk.y0 + info.image.height};
  Canvas inset = canvas.inset(place, chunk);
  return run(info, data, inset, worker, partial, note);
}

Status InnerImages::decode_plane(Bytes data, const Rect& chunk, const Rect& part,
                                 const PixelView& memory, Worker& worker, bool partial,
                                 std::string& note) const {
  GLIMT_TRY(const StreamInfo info, look(data, chunk));
  if (info.form.channels != memory.form.channels) {
    return {Code::corrupt, "it holds " + std::to_string(info.form.channels) +
                               " channels instead of " + std::to_string(memory.form.channels)};
  }
  CanvasTarget target;
  target.image = memory;
  target.image.form.color = info.form.color;
  target.image.form.alpha = info.form.alpha;
  target.window = {part.x0 - chunk.x0, part.y0 - chunk.y0, part.x1 - chunk.x0, part.y1 - chunk.y0};
  target.stored_width = info.image.width;
  target.stored_height = info.image.height;
  Canvas canvas(target);
  return run(info, data, canvas, worker, partial, note);
}

}  // namespace glimt::tiff
