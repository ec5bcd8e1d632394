// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The encoder: one image, a file of one page.
#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "formats/tiff/backends.h"
#include "formats/tiff/inner_encoder.h"
#include "formats/tiff/page_encoder.h"
#include "formats/tiff/page_layout.h"
#include "formats/tiff/page_metadata.h"
#include "formats/tiff/palette.h"
#include "metadata/ifd_writer.h"

namespace glimt {
namespace tiff {
namespace {

constexpr std::uint16_t kEveryType = (1U << (static_cast<unsigned>(SampleType::f64) + 1)) - 1;
constexpr std::uint16_t kEveryQuality =
    (1U << (static_cast<unsigned>(QualityType::size_ratio) + 1)) - 1;

/// Packed bytes above which a file might outgrow 32 bits, whatever its compression.
constexpr std::uint64_t kMayBeLarge = std::uint64_t{2} << 30;

/// The bytes of a file in a sink: its header is written when its layout is known.
class FileWriter {
 public:
  FileWriter(Sink& sink, std::optional<bool> bigtiff) : sink_(sink), bigtiff_(bigtiff) {}

  /// Leaves room for the header, of either layout where the file may become large.
  Status start(std::uint64_t packed_bytes) {
    const bool big = bigtiff_.value_or(packed_bytes > kMayBeLarge);
    const auto header = tiff_header(big ? IfdLayout::big : IfdLayout::classic, 0);
    return sink_.append(header);
  }
  /// Code::limit: a file of so many bytes is larger than a classic one can be, and must be classic.
  Status check(std::uint64_t bytes) const {
    if (bigtiff_.value_or(true) || bytes <= most_bytes(IfdLayout::classic)) return {};
    return {Code::limit, "TIFF: the file has more than 4 GiB, which bigtiff=False forbids"};
  }
  Status finish(const IfdFields& fields) {
    if (sink_.size() % 2 != 0) GLIMT_TRY(sink_.append_le(std::uint8_t{0}));
    const std::uint64_t at = sink_.size();
    const bool classic_fits =
        at + fields.size(IfdLayout::classic) <= most_bytes(IfdLayout::classic);
    const bool big = bigtiff_.value_or(!classic_fits);
    const IfdLayout layout = big ? IfdLayout::big : IfdLayout::classic;
    GLIMT_TRY(check(at + fields.size(layout)));
    GLIMT_TRY(const auto ifd, fields.bytes_at(layout, at));
    GLIMT_TRY(sink_.append(ifd));
    const auto header = tiff_header(layout, at);
    std::memcpy(sink_.written().data(), header.data(), header.size());
    return {};
  }

 private:
  Sink& sink_;
  std::optional<bool> bigtiff_;
};

class GlimtTiffEncoder final : public ImageEncoder {
 public:
  void encode(std::span<EncodeJob> jobs, Worker& worker) override {
    for (EncodeJob& job : jobs) job.status = encode_one(job, worker);
  }

 private:
  Status encode_one(EncodeJob& job, Worker& worker);
  Status write_chunks(const PagePlan& plan, FileWriter& file, Sink& sink, IfdFields& fields,
                      Worker& worker);

  PageEncoder page_encoder_;
};

/// Whether the image can be looked through for its colours; `why_not` says what stands against it.
bool may_have_palette(const EncodeJob& job, std::string& why_not) {
  const PixelForm& form = job.source->form();
  const bool fits = form.type == SampleType::u8 || form.type == SampleType::u16;
  if (form.color == ColorModel::rgb && form.channels == 3 && fits && form.max_value == 0 &&
      form.bit_depth == 8 * sample_bytes(form.type) && job.color_spec == ColorSpec::srgb) {
    return true;
  }
  why_not = "not written as a palette: the image is no RGB of uint8 or uint16";
  return false;
}

/// The colours, where a palette was asked for and there are few.
Result<std::optional<ExactPalette>> choose_palette(EncodeJob& job, Arena& arena) {
  std::string why_not;
  if (!job.params->tiff.palette) return std::optional<ExactPalette>();
  std::optional<ExactPalette> palette;
  if (may_have_palette(job, why_not)) {
    GLIMT_TRY(job.source->start(ExactPalette::form(job.source->form().type)));
    GLIMT_TRY(palette, ExactPalette::find(*job.source, arena));
    if (!palette) why_not = "not written as a palette: the image has more than 256 colors";
  }
  if (!palette) job.note += (job.note.empty() ? "" : "; ") + why_not;
  return palette;
}

/// The request for numbers of a palette's colours, a byte each.
void ask_for_palette(const ExactPalette& palette, PageRequest& request) {
  request.palette = palette.colors();
  request.form = PixelForm();
  request.form.bit_depth = palette.bits();
}

Result<PixelView> fetch_numbers(const PixelSource& source, const ExactPalette& palette,
                                const PixelForm& form, const Rect& rect, Worker& worker) {
  GLIMT_TRY(const PixelView pixels, source.read(rect, worker.arena));
  const auto memory =
      worker.arena.take<std::uint8_t>(packed_bytes(rect.width(), rect.height(), form));
  if (memory.empty()) return Status(Code::out_of_memory, "no memory for numbers of colors");
  palette.number(pixels, memory.data());
  return packed_view(memory.data(), rect.width(), rect.height(), form);
}

Status GlimtTiffEncoder::encode_one(EncodeJob& job, Worker& worker) {
  PixelSource& source = *job.source;
  PageRequest request{source.width(),
                      source.height(),
                      source.form(),
                      job.color_spec,
                      job.subsampling,
                      job.params,
                      {}};
  GLIMT_TRY(const std::optional<ExactPalette> palette, choose_palette(job, worker.arena));
  if (palette) ask_for_palette(*palette, request);
  GLIMT_TRY(const PageLayout layout, plan_page(request));
  const std::uint64_t chunk_bytes = std::uint64_t{layout.row_bytes()} * layout.chunk_height;
  if (chunk_bytes > worker.limits.max_image_bytes) {
    return {Code::limit, "TIFF: a strip or tile of " + std::to_string(chunk_bytes) +
                             " bytes is larger than max_image_bytes"};
  }
  if (!palette) GLIMT_TRY(source.start(layout.form));
  std::optional<InnerImageEncoder> inner;
  if (!layout.inner.empty()) {
    GLIMT_TRY(inner,
              InnerImageEncoder::make(layout, *job.params, job.subsampling, job.inner, worker));
  }
  const auto fetch = [&](const Rect& rect, Worker& own) -> Result<PixelView> {
    return palette ? fetch_numbers(source, *palette, layout.form, rect, own)
                   : source.read(rect, own.arena);
  };
  const PagePlan plan{layout, inner ? &*inner : nullptr, fetch, job.threads};
  FileWriter file(*job.sink, job.params->tiff.bigtiff);
  GLIMT_TRY(file.start(layout.packed_bytes()));
  IfdFields fields = fields_of(layout);
  if (inner && !inner->jpeg_tables().empty()) {
    fields.set_bytes(kJpegTables, FieldType::undefined, inner->jpeg_tables());
  }
  GLIMT_TRY(add_metadata(job.embedded, fields, job.note));
  GLIMT_TRY(write_chunks(plan, file, *job.sink, fields, worker));
  return file.finish(fields);
}

Status GlimtTiffEncoder::write_chunks(const PagePlan& plan, FileWriter& file, Sink& sink,
                                      IfdFields& fields, Worker& worker) {
  const PageLayout& layout = plan.layout;
  const std::uint64_t chunks = layout.chunks();
  std::vector<std::uint64_t> offsets, counts;
  offsets.reserve(static_cast<std::size_t>(chunks));
  counts.reserve(static_cast<std::size_t>(chunks));
  std::uint64_t at = sink.size();
  const auto place = [&](std::uint64_t size) {
    offsets.push_back(at);
    counts.push_back(size);
    at += size;
  };
  if (layout.compression == Compression::none) {
    const auto bytes = static_cast<std::size_t>(layout.packed_bytes());
    GLIMT_TRY(file.check(sink.size() + layout.packed_bytes()));
    GLIMT_TRY(const auto room, sink.reserve(bytes));
    GLIMT_TRY(page_encoder_.pack(plan, room.data(), worker));
    sink.commit(bytes);
    for (std::uint64_t i = 0; i < chunks; ++i)
      place(layout.row_bytes() * layout.coded_rows(layout.place_of(i).rect));
  } else {
    const auto take = [&](std::uint64_t, Bytes coded) -> Status {
      place(coded.size());
      GLIMT_TRY(sink.append(coded));
      return file.check(sink.size());
    };
    GLIMT_TRY(page_encoder_.encode(plan, 0, chunks, take, worker));
  }
  set_places(layout, offsets, counts, fields);
  return {};
}

Result<std::unique_ptr<ImageEncoder>> open_encoder(const Options&) {
  return std::unique_ptr<ImageEncoder>(std::make_unique<GlimtTiffEncoder>());
}

}  // namespace
}  // namespace tiff

constexpr EncodeBackend kTiffEncoder{
    .name = "glimt_tiff_encoder",
    .alias = "libtiff_encoder",
    .format = &kTiffFormat,
    .kind = BackendKind::cpu_only,
    .grain = Grain::image,
    .caps = {.types = tiff::kEveryType,
             .channels = 1,  // any number
             .qualities = tiff::kEveryQuality,
             .embeds = tiff::kEmbeds},
    .option_keys = {},
    .open = tiff::open_encoder,
};

}  // namespace glimt
