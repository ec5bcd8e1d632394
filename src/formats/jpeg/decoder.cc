// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// glimt's own decoder: for what libjpeg-turbo 2.1 does not read.
#include <string>

#include "formats/jpeg/backends.h"
#include "formats/jpeg/format.h"
#include "formats/jpeg/frame.h"
#include "formats/jpeg/scan_decoder.h"

namespace glimt::jpeg {
namespace {

constexpr std::string_view kName = "glimt_jpeg_decoder";
constexpr std::string_view kOptionKeys[] = {"fancy_upsampling"};

constexpr std::uint64_t kReadable =
    1U << kBaseline | 1U << kExtended | 1U << kProgressive | 1U << kLossless;
// DCT-based frames of 8 bits can be read too, but libjpeg-turbo is faster at them.
constexpr std::uint64_t kOffered = kReadable << kDeep | 1U << kLossless;

Status check_coding(const Header& header) {
  if ((kReadable >> header.coding & 1) == 0) {
    return {Code::unsupported, "frames of type SOF" + std::to_string(header.coding) +
                                   " (arithmetic or hierarchical) are not decoded by " +
                                   std::string(kName)};
  }
  if (header.coding != kLossless && header.precision != 8 && header.precision != 12) {
    return {Code::corrupt, "a DCT-based frame has " + std::to_string(header.precision) +
                               " bits a sample; 8 and 12 are legal"};
  }
  return {};
}

class GlimtJpegDecoder final : public ImageDecoder {
 public:
  static Result<std::unique_ptr<ImageDecoder>> open(const Options& options) {
    auto decoder = std::make_unique<GlimtJpegDecoder>();
    decoder->fancy_upsampling_ = options.flag(kName, kOptionKeys[0], true);
    return std::unique_ptr<ImageDecoder>(std::move(decoder));
  }

  void decode(std::span<DecodeJob> jobs, Worker& worker) override {
    for (DecodeJob& job : jobs) {
      const Arena::Mark mark = worker.arena.mark();
      job.status = decode_one(job, worker);
      if (&job != &jobs.back()) worker.arena.release(mark);
    }
  }

 private:
  Status decode_one(DecodeJob& job, Worker& worker) {
    Header header;
    GLIMT_TRY(read_header(job.source->data, header));
    GLIMT_TRY(check_coding(header));
    const CanvasTarget& target = job.canvas->target();
    if (header.width != target.stored_width || header.height != target.stored_height) {
      return {Code::internal, "the stream is not the one that was parsed"};
    }
    GLIMT_TRY(lay_out(header, frame_));
    return scans_.run(frame_, job.info->form, fancy_upsampling_, job, worker);
  }

  Frame frame_;
  ScanDecoder scans_;
  bool fancy_upsampling_ = true;
};

}  // namespace
}  // namespace glimt::jpeg

namespace glimt {

const DecodeBackend kJpegDecoder = {
    .name = jpeg::kName,
    .alias = "",
    .format = &kJpegFormat,
    .kind = BackendKind::cpu_only,
    .grain = Grain::image,
    .caps = {.max_bit_depth = 16, .max_channels = jpeg::kMaxComponents, .codings = jpeg::kOffered},
    .option_keys = jpeg::kOptionKeys,
    .open = jpeg::GlimtJpegDecoder::open,
};

}  // namespace glimt
