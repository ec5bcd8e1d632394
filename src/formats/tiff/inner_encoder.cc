// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/inner_encoder.h"

#include <cstring>
#include <string>

#include "base/bytes.h"

namespace glimt::tiff {
namespace {

// T.81 table B.1.
constexpr std::uint8_t kDht = 0xC4, kSoi = 0xD8, kEoi = 0xD9, kSos = 0xDA, kDqt = 0xDB,
                       kApp0 = 0xE0, kApp15 = 0xEF;

ColorSpec spec_of(const PixelForm& form) {
  constexpr ColorSpec specs[] = {ColorSpec::gray, ColorSpec::srgb, ColorSpec::sycc,
                                 ColorSpec::cmyk, ColorSpec::ycck, ColorSpec::unsupported};
  return specs[static_cast<std::size_t>(form.color)];
}

/// The segments of a JPEG stream up to its first scan.
class Segments {
 public:
  explicit Segments(Bytes stream) : left_(stream) {}
  struct Segment {
    std::uint8_t marker = 0;
    Bytes bytes;  ///< with the marker; of SOS all to the end of the stream
  };
  /// False: behind the last one.
  bool next(Segment& segment) {
    if (left_.size() < 2) return false;
    segment.marker = left_[1];
    std::size_t size = left_.size();
    if (segment.marker == kSoi) {
      size = 2;
    } else if (segment.marker != kSos && left_.size() >= 4) {
      size = std::min<std::size_t>(size, load_be<std::uint16_t>(&left_[2]) + std::size_t{2});
    }
    segment.bytes = left_.first(size);
    left_ = left_.subspan(size);
    return true;
  }

 private:
  Bytes left_;
};

bool is_table(std::uint8_t marker) { return marker == kDqt || marker == kDht; }

/// The pixels with the last column and row repeated up to `width` and `height`.
Result<PixelView> fill_up(const PixelView& pixels, std::uint32_t width, std::uint32_t height,
                          Arena& arena) {
  if (pixels.width >= width && pixels.height >= height) return pixels;
  const auto memory = arena.take<std::uint8_t>(packed_bytes(width, height, pixels.form));
  if (memory.empty()) return Status(Code::out_of_memory, "no memory for the pixels of a tile");
  const PixelView whole = packed_view(memory.data(), width, height, pixels.form);
  const auto pixel_bytes = static_cast<std::size_t>(whole.pixel_stride);
  const auto row_bytes = static_cast<std::size_t>(whole.row_stride);
  for (std::int64_t y = 0; y < whole.height; ++y) {
    if (y >= pixels.height) {
      std::memcpy(whole.at(0, y), whole.at(0, y - 1), row_bytes);
      continue;
    }
    std::memcpy(whole.at(0, y), pixels.at(0, y),
                static_cast<std::size_t>(pixels.width) * pixel_bytes);
    for (std::int64_t x = pixels.width; x < whole.width; ++x)
      std::memcpy(whole.at(x, y), whole.at(x - 1, y), pixel_bytes);
  }
  return whole;
}

}  // namespace

Result<InnerImageEncoder> InnerImageEncoder::make(const PageLayout& layout,
                                                  const EncodeParams& params,
                                                  ChromaSubsampling subsampling,
                                                  const InnerEncoders* encoders, Worker& worker) {
  if (encoders == nullptr) {
    return Status(Code::unsupported, "images in formats of their own cannot be encoded here");
  }
  InnerImageEncoder made;
  made.encoders_ = encoders;
  made.format_ = layout.inner;
  made.params_ = params;
  made.params_.metadata.clear();
  made.params_.variant.clear();
  made.params_.tile_width = made.params_.tile_height = 0;
  made.params_.color_spec = ColorSpec::unchanged;
  made.params_.jpeg2k.bitstream_type = Jpeg2kBitstreamType::j2k;
  made.form_ = layout.form;
  if (layout.separate) {
    made.form_.channels = 1;
    made.form_.color = ColorModel::gray;
    made.form_.alpha = false;
  }
  made.form_.planar = false;
  made.color_spec_ = spec_of(made.form_);
  const bool gray = made.form_.color == ColorModel::gray;
  made.subsampling_ = gray ? ChromaSubsampling::css_gray : subsampling;
  if (layout.inner != "jpeg") {
    made.subsampling_ = ChromaSubsampling::css_444;
    made.params_.chroma_subsampling.reset();
  }
  // JPEG files have no ink as 255, TIFF files as 0 (section 16): the samples go there as they are.
  if (layout.inner == "jpeg") made.form_.inverted = has_inks(made.form_.color);
  if (layout.tiled) {
    made.width_ = layout.chunk_width;
    made.height_ = layout.chunk_height;
  }
  if (layout.inner == "jpeg") GLIMT_TRY(made.choose_tables(worker));
  return made;
}

/// Without tables made for each image all streams of a quality have the same: they are said once.
Status InnerImageEncoder::choose_tables(Worker& worker) {
  const JpegEncodeParams& jpeg = params_.jpeg;
  if (jpeg.lossless || jpeg.optimized_huffman || jpeg.progressive || jpeg.arithmetic) return {};
  constexpr std::uint32_t side = 8;
  const Arena::Mark mark = worker.arena.mark();
  const auto memory = worker.arena.take<std::uint8_t>(packed_bytes(side, side, form_));
  if (memory.empty()) return {Code::out_of_memory, "no memory for the tables of JPEG"};
  std::memset(memory.data(), 0, memory.size());
  Sink sink;
  GLIMT_TRY(run(packed_view(memory.data(), side, side, form_), worker, sink));
  worker.arena.release(mark);
  tables_ = {0xFF, kSoi};
  Segments segments(sink.written());
  for (Segments::Segment segment; segments.next(segment);) {
    if (is_table(segment.marker))
      tables_.insert(tables_.end(), segment.bytes.begin(), segment.bytes.end());
  }
  tables_.insert(tables_.end(), {0xFF, kEoi});
  return {};
}

Status InnerImageEncoder::run(const PixelView& pixels, Worker& worker, Sink& sink) const {
  PixelView view = pixels;
  view.form = form_;
  PixelSource source(view);
  EncodeJob job;
  job.params = &params_;
  job.source = &source;
  job.color_spec = color_spec_;
  job.subsampling = subsampling_;
  job.sink = &sink;
  encoders_->encode(format_, job, worker);
  return std::move(job.status);
}

Status InnerImageEncoder::encode(const PixelView& pixels, Worker& worker,
                                 std::vector<std::uint8_t>& out) const {
  GLIMT_TRY(const PixelView whole, fill_up(pixels, width_, height_, worker.arena));
  Sink sink;
  GLIMT_TRY(run(whole, worker, sink));
  const Bytes stream = sink.written();
  if (format_ == "jpeg") return append_jpeg(stream, out);
  out.insert(out.end(), stream.begin(), stream.end());
  return {};
}

/// Without markers of applications, as the page says what the colours are, and without the tables
/// that the page has.
Status InnerImageEncoder::append_jpeg(Bytes stream, std::vector<std::uint8_t>& out) const {
  Segments segments(stream);
  for (Segments::Segment segment; segments.next(segment);) {
    if (segment.marker >= kApp0 && segment.marker <= kApp15) continue;
    if (is_table(segment.marker) && !tables_.empty()) continue;
    out.insert(out.end(), segment.bytes.begin(), segment.bytes.end());
  }
  return {};
}

}  // namespace glimt::tiff
