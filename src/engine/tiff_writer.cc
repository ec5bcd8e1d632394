// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "glimt/tiff_writer.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <mutex>
#include <utility>
#include <vector>

#include "codec/embedded.h"
#include "engine/catalogue.h"
#include "engine/config.h"
#include "engine/inner_encode.h"
#include "engine/output_file.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "formats/tiff/backends.h"
#include "formats/tiff/chunk_encoder.h"
#include "formats/tiff/page.h"
#include "formats/tiff/page_layout.h"
#include "formats/tiff/page_metadata.h"

namespace glimt {
namespace {

using tiff::PageLayout;

constexpr std::uint16_t kNewSubfileType = 254, kImageDescription = 270, kXResolution = 282,
                        kYResolution = 283, kResolutionUnit = 296;
/// Room for the header of either layout.
constexpr std::uint64_t kHeaderBytes = 16;
/// Chunks that a thread codes one after the other, so that its codec stays warm.
constexpr std::uint64_t kPiecesPerThread = 4;

Status wrong(std::string why) { return {Code::bad_argument, "TIFF: " + std::move(why)}; }

/// The fraction with a denominator of up to 10^6 that is nearest to a positive number: by continued
/// fractions, so that 0.25 is 1/4 and 10000/0.499 keeps its digits.
std::array<std::uint32_t, 2> rational_of(double value) {
  constexpr double kMost = std::numeric_limits<std::uint32_t>::max();
  constexpr double kMostBelow = 1e6;
  double above = 1, above_before = 0, below = 0, below_before = 1, rest = value;
  while (true) {
    const double whole = std::floor(rest);
    const double next_above = whole * above + above_before;
    const double next_below = whole * below + below_before;
    if (next_above > kMost || next_below > kMostBelow) break;
    above_before = std::exchange(above, next_above);
    below_before = std::exchange(below, next_below);
    if (rest - whole < 1e-12 || above / below == value) break;
    rest = 1 / (rest - whole);
  }
  if (below == 0) return {static_cast<std::uint32_t>(kMost), 1};
  return {static_cast<std::uint32_t>(above), static_cast<std::uint32_t>(below)};
}

/// What the page has beside its pixels and their places.
Status describe(const TiffPage& page, IfdFields& fields) {
  if (page.reduced) fields.set(kNewSubfileType, FieldType::u32, 1);
  if (!page.description.empty()) fields.set_text(kImageDescription, page.description);
  const auto& [x, y] = page.resolution;
  if (x != 0 || y != 0) {
    if (!(x > 0 && y > 0 && std::isfinite(x) && std::isfinite(y))) {
      return wrong("a resolution of " + std::to_string(x) + " x " + std::to_string(y) +
                   "; both are above 0");
    }
    const std::array<std::uint32_t, 2> across = rational_of(x), down = rational_of(y);
    fields.set_rationals(kXResolution, {&across, 1});
    fields.set_rationals(kYResolution, {&down, 1});
    fields.set(kResolutionUnit, FieldType::u16, static_cast<std::uint64_t>(page.resolution_unit));
  }
  // Embedded refers to the blocks of the parameters, which the fields copy.
  std::string left_out;
  GLIMT_TRY(const Embedded embedded,
            select_embedded(page.params, kTiffEncoder.caps.embeds, left_out));
  return tiff::add_metadata(embedded, fields, left_out);
}

struct WrittenPage {
  EncodeParams params;
  PixelForm form;
  PageLayout layout;
  std::optional<tiff::InnerImageEncoder> inner;
  IfdFields fields;
  std::vector<std::uint64_t> offsets, counts;  ///< of each chunk; each is written by one thread
  std::vector<bool> claimed;                   ///< by a call that writes it, or has
  std::vector<std::uint32_t> children;
  bool in_chain = true;

  /// The chunks of a cell, in all planes.
  void claim(std::uint64_t cell, bool value) {
    const std::uint64_t cells = std::uint64_t{layout.chunks_across} * layout.chunks_down;
    for (std::uint64_t i = cell; i < claimed.size(); i += cells) claimed[i] = value;
  }
};

/// Chunks of the page's grid: columns and rows, the ends exclusive.
struct Cells {
  std::uint32_t left = 0, top = 0, right = 0, bottom = 0;

  [[nodiscard]] std::uint64_t size() const { return std::uint64_t{right - left} * (bottom - top); }
};

template <class Visit>
void each_cell(const PageLayout& layout, const Cells& cells, Visit visit) {
  for (std::uint32_t row = cells.top; row < cells.bottom; ++row) {
    for (std::uint32_t column = cells.left; column < cells.right; ++column) {
      visit(std::uint64_t{row} * layout.chunks_across + column);
    }
  }
}

/// The whole chunks that pixels at (x, y) cover.
Result<Cells> cells_of(const PageLayout& layout, std::int64_t x, std::int64_t y,
                       const ImageSpec& pixels) {
  const auto fits = [](std::int64_t begin, std::int64_t extent, std::uint32_t chunk,
                       std::uint32_t whole) {
    return begin >= 0 && extent > 0 && begin < whole && begin % chunk == 0 &&
           (extent % chunk == 0 || begin + extent >= whole);
  };
  if (!fits(x, pixels.width, layout.chunk_width, layout.width) ||
      !fits(y, pixels.height, layout.chunk_height, layout.height)) {
    return wrong(std::to_string(pixels.width) + " x " + std::to_string(pixels.height) +
                 " pixels at column " + std::to_string(x) + ", row " + std::to_string(y) +
                 " are no whole " + (layout.tiled ? "tiles" : "strips") + " of " +
                 std::to_string(layout.chunk_width) + " x " + std::to_string(layout.chunk_height) +
                 " of a page of " + std::to_string(layout.width) + " x " +
                 std::to_string(layout.height));
  }
  const auto cell = [](std::int64_t at, std::uint32_t chunk, std::uint32_t most) {
    return static_cast<std::uint32_t>(std::min<std::int64_t>((at + chunk - 1) / chunk, most));
  };
  return Cells{cell(x, layout.chunk_width, layout.chunks_across),
               cell(y, layout.chunk_height, layout.chunks_down),
               cell(x + pixels.width, layout.chunk_width, layout.chunks_across),
               cell(y + pixels.height, layout.chunk_height, layout.chunks_down)};
}

}  // namespace

inline namespace v0 {

struct TiffWriter::State {
  /// What a thread codes with.
  struct Kit {
    Arena arena;
    tiff::ChunkEncoder encoder;
    std::vector<std::uint8_t> coded;
  };

  explicit State(const TiffWriterConfig& c)
      : config(c),
        options(Options::parse(c.codec.options)),
        threads(thread_count(c.codec)),
        encoders(inner_encoders(codecs, options)) {}

  TiffWriterConfig config;
  Options options;
  int threads;
  EncodeKits codecs;  // of inner images
  InnerEncoders encoders;
  OutputFile file;
  std::atomic<std::uint64_t> end{kHeaderBytes};

  mutable std::mutex mutex;  // of what follows
  std::vector<std::unique_ptr<WrittenPage>> pages;
  std::vector<std::unique_ptr<Kit>> kits;
  Status failure;  ///< of the file
  bool open = true;
  int writing = 0;  ///< calls of write_tile() under way

  Status ready() const {
    if (!open) return wrong("the file has been closed");
    return failure;
  }
  Result<WrittenPage*> page_of(std::uint32_t number) const {
    const std::lock_guard lock(mutex);
    GLIMT_TRY(ready());
    if (number < pages.size()) return pages[number].get();
    return wrong("there is no page " + std::to_string(number) + " yet, of " +
                 std::to_string(pages.size()));
  }
  std::unique_ptr<Kit> take_kit() {
    const std::lock_guard lock(mutex);
    if (kits.empty()) return std::make_unique<Kit>();
    std::unique_ptr<Kit> kit = std::move(kits.back());
    kits.pop_back();
    return kit;
  }
  void give(std::unique_ptr<Kit> kit) {
    const std::lock_guard lock(mutex);
    kits.push_back(std::move(kit));
  }

  Result<std::unique_ptr<WrittenPage>> plan(const TiffPage& page);
  /// Claims the chunks of all planes for a call that writes them, or says which one is taken.
  Status claim(WrittenPage& page, const Cells& cells);
  /// The call is over; what failed may be tried again.
  void release(WrittenPage& page, const Cells& cells, bool failed);
  Status write_cells(WrittenPage& page, const Cells& cells, const PixelSource& source,
                     std::int64_t x, std::int64_t y);
  Status write_chunk(WrittenPage& page, std::uint64_t index, const PixelSource& source,
                     std::int64_t x, std::int64_t y, Kit& kit);
  Status append(Bytes data, std::uint64_t& offset);

  Status check_pages() const;
  Status put_ifd(IfdLayout layout, std::uint32_t number, std::uint64_t& at);
  Status put_all();
};

Result<std::unique_ptr<WrittenPage>> TiffWriter::State::plan(const TiffPage& page) {
  auto made = std::make_unique<WrittenPage>();
  made->params = page.params;
  GLIMT_TRY(made->form, form_of(page.spec));
  if (page.params.tiff.palette) return wrong("a palette needs all pixels at once: use Encoder");
  if (const std::string reason = why_not(kTiffEncoder, made->form, page.params); !reason.empty()) {
    return Status(Code::unsupported, reason);
  }
  const ChromaSubsampling subsampling = subsampling_of(page.params, made->form);
  const tiff::PageRequest request{
      page.spec.width, page.spec.height, made->form, target_color(page.params, made->form),
      subsampling,     &made->params,    {}};
  GLIMT_TRY(made->layout, tiff::plan_page(request));
  const PageLayout& layout = made->layout;
  const std::uint64_t chunk_bytes = std::uint64_t{layout.row_bytes()} * layout.chunk_height;
  if (chunk_bytes > config.codec.limits.max_image_bytes) {
    return Status(Code::limit, "TIFF: a strip or tile of " + std::to_string(chunk_bytes) +
                                   " bytes is larger than max_image_bytes");
  }
  made->fields = tiff::fields_of(layout);
  if (!layout.inner.empty()) {
    Arena arena;
    Worker worker{arena, config.codec.limits, {}};
    GLIMT_TRY(made->inner,
              tiff::InnerImageEncoder::make(layout, made->params, subsampling, &encoders, worker));
    if (!made->inner->jpeg_tables().empty()) {
      made->fields.set_bytes(tiff::kJpegTables, FieldType::undefined, made->inner->jpeg_tables());
    }
  }
  GLIMT_TRY(describe(page, made->fields));
  const auto chunks = static_cast<std::size_t>(layout.chunks());
  made->offsets.resize(chunks);
  made->counts.resize(chunks);
  made->claimed.resize(chunks);
  made->in_chain = !page.parent;
  return made;
}

Status TiffWriter::State::claim(WrittenPage& page, const Cells& cells) {
  const std::lock_guard lock(mutex);
  GLIMT_TRY(ready());
  Status taken;
  each_cell(page.layout, cells, [&](std::uint64_t cell) {
    if (page.claimed[cell] && taken.ok()) {
      taken = wrong(page.layout.name_of_chunk(cell) + " has been written before");
    }
  });
  GLIMT_TRY(taken);
  each_cell(page.layout, cells, [&](std::uint64_t cell) { page.claim(cell, true); });
  ++writing;
  return {};
}

void TiffWriter::State::release(WrittenPage& page, const Cells& cells, bool failed) {
  const std::lock_guard lock(mutex);
  if (failed) {
    each_cell(page.layout, cells, [&](std::uint64_t cell) { page.claim(cell, false); });
  }
  --writing;
  if (!open && writing == 0) file.discard();
}

Status TiffWriter::State::append(Bytes data, std::uint64_t& offset) {
  const std::uint64_t size = data.size() + data.size() % 2;  // offsets are even (section 7)
  offset = end.fetch_add(size);
  Status status;
  if (config.bigtiff == false && offset + size > most_bytes(IfdLayout::classic)) {
    status = {Code::limit, "TIFF: the file has more than 4 GiB, which bigtiff=False forbids"};
  } else {
    status = file.write_at(offset, data);
  }
  if (!status.ok()) {
    const std::lock_guard lock(mutex);
    if (failure.ok()) failure = status;
  }
  return status;
}

Status TiffWriter::State::write_chunk(WrittenPage& page, std::uint64_t index,
                                      const PixelSource& source, std::int64_t x, std::int64_t y,
                                      Kit& kit) {
  const tiff::ChunkPlace place = page.layout.place_of(index);
  kit.arena.restart();
  Worker worker{kit.arena, config.codec.limits, {}};
  const Rect part{place.rect.x0 - x, place.rect.y0 - y, place.rect.x1 - x, place.rect.y1 - y};
  GLIMT_TRY(const PixelView pixels, source.read(part, kit.arena));
  kit.coded.clear();
  GLIMT_TRY(kit.encoder.encode(pixels, place.plane, worker, kit.coded));
  GLIMT_TRY(append(kit.coded, page.offsets[index]));
  page.counts[index] = kit.coded.size();
  return {};
}

Status TiffWriter::State::write_cells(WrittenPage& page, const Cells& cells,
                                      const PixelSource& source, std::int64_t x, std::int64_t y) {
  const PageLayout& layout = page.layout;
  const std::uint64_t chunks = cells.size() * layout.planes();
  const std::uint64_t plane_chunks = std::uint64_t{layout.chunks_across} * layout.chunks_down;
  const auto index_of = [&](std::uint64_t i) {
    const std::uint64_t cell = i % cells.size(), across = cells.right - cells.left;
    return i / cells.size() * plane_chunks + (cells.top + cell / across) * layout.chunks_across +
           cells.left + cell % across;
  };
  const auto pieces = static_cast<std::size_t>(
      std::min(chunks, threads > 1 ? kPiecesPerThread * static_cast<std::uint64_t>(threads) : 1));
  std::vector<Status> results(pieces);
  run_on_pool(pieces, threads, [&](std::size_t piece) {
    std::unique_ptr<Kit> kit = take_kit();
    results[piece] = kit->encoder.start(layout, page.inner ? &*page.inner : nullptr);
    for (std::uint64_t i = chunks * piece / pieces;
         results[piece].ok() && i < chunks * (piece + 1) / pieces; ++i) {
      results[piece] = write_chunk(page, index_of(i), source, x, y, *kit);
    }
    give(std::move(kit));
  });
  for (const Status& result : results) GLIMT_TRY(result);
  return {};
}

Status TiffWriter::State::check_pages() const {
  if (pages.empty()) return wrong("a file has at least one page, and none was written");
  for (std::size_t number = 0; number < pages.size() && !config.sparse; ++number) {
    const WrittenPage& page = *pages[number];
    const auto& claimed = page.claimed;
    const auto missing = std::count(claimed.begin(), claimed.end(), false);
    if (missing == 0) continue;
    const auto first = std::find(claimed.begin(), claimed.end(), false) - claimed.begin();
    return wrong(page.layout.name_of_chunk(static_cast<std::uint64_t>(first)) + " of page " +
                 std::to_string(number) + " was never written, and " + std::to_string(missing - 1) +
                 " more; sparse=True leaves them out");
  }
  return {};
}

/// Writes a page's SubIFDs, then its own IFD, whose position `at` becomes.
Status TiffWriter::State::put_ifd(IfdLayout layout, std::uint32_t number, std::uint64_t& at) {
  WrittenPage& page = *pages[number];
  std::vector<std::uint64_t> children;
  for (const std::uint32_t child : page.children) {
    GLIMT_TRY(put_ifd(layout, child, children.emplace_back()));
  }
  if (!children.empty()) page.fields.set_offsets(tiff::kSubIfds, children);
  set_places(page.layout, page.offsets, page.counts, page.fields);
  at = end.load();
  GLIMT_TRY(const std::vector<std::uint8_t> ifd, page.fields.bytes_at(layout, at));
  end += ifd.size() + ifd.size() % 2;
  return file.write_at(at, ifd);
}

Status TiffWriter::State::put_all() {
  std::uint64_t total = end.load();
  for (const auto& page : pages) {
    IfdFields fields = page->fields;
    const std::vector<std::uint64_t> children(page->children.size());
    if (!children.empty()) fields.set_offsets(tiff::kSubIfds, children);
    set_places(page->layout, page->offsets, page->counts, fields);
    total += fields.size(IfdLayout::classic) + 1;
  }
  const bool big = config.bigtiff.value_or(total > most_bytes(IfdLayout::classic));
  const IfdLayout layout = big ? IfdLayout::big : IfdLayout::classic;
  GLIMT_TRY(file.write_at(0, tiff_header(layout, 0)));
  std::uint64_t link = first_link(layout);
  for (std::uint32_t number = 0; number < pages.size(); ++number) {
    if (!pages[number]->in_chain) continue;
    std::uint64_t at = 0;
    GLIMT_TRY(put_ifd(layout, number, at));
    GLIMT_TRY(file.write_at(link, link_bytes(layout, at)));
    link = at + pages[number]->fields.link(layout);
  }
  return {};
}

Result<TiffWriter> TiffWriter::open(const std::string& path, const TiffWriterConfig& config) {
  TiffWriter writer;
  writer.state_ = std::make_shared<State>(config);
  GLIMT_TRY(writer.state_->file.open(path));
  return writer;
}

Result<std::uint32_t> TiffWriter::add_page(const TiffPage& page) {
  GLIMT_TRY(std::unique_ptr<WrittenPage> made, state_->plan(page));
  const std::lock_guard lock(state_->mutex);
  GLIMT_TRY(state_->ready());
  auto& pages = state_->pages;
  const auto number = static_cast<std::uint32_t>(pages.size());
  if (page.parent && *page.parent >= number) {
    return wrong("there is no page " + std::to_string(*page.parent) + " to be the parent of page " +
                 std::to_string(number));
  }
  if (number >= state_->config.codec.limits.max_pages) {
    return Status(Code::limit, "TIFF: more than " + std::to_string(number) + " pages");
  }
  if (page.parent) pages[*page.parent]->children.push_back(number);
  pages.push_back(std::move(made));
  return number;
}

Result<TileGrid> TiffWriter::grid(std::uint32_t page) const {
  GLIMT_TRY(const WrittenPage* found, state_->page_of(page));
  const PageLayout& layout = found->layout;
  return TileGrid{
      layout.chunk_width, layout.chunk_height, layout.chunks_across, layout.chunks_down, 0, 0};
}

Status TiffWriter::write_tile(std::uint32_t number, std::int64_t x, std::int64_t y,
                              const Image& pixels) {
  GLIMT_TRY(WrittenPage * page, state_->page_of(number));
  GLIMT_TRY(const PixelForm form, form_of(pixels.spec()));
  if (form.type != page->form.type || form.channels != page->form.channels ||
      form.color != page->form.color || form.alpha != page->form.alpha ||
      form.bit_depth != page->form.bit_depth) {
    return wrong("pixels of " + std::to_string(form.channels) + " x " +
                 std::string(name_of(form.type)) + " on a page of " +
                 std::to_string(page->form.channels) + " x " +
                 std::string(name_of(page->form.type)) +
                 " (channels, colour, alpha, type and precision are those of the page)");
  }
  GLIMT_TRY(const Cells cells, cells_of(page->layout, x, y, pixels.spec()));
  GLIMT_TRY(const Image host, pixels.copy_to({}));
  PixelSource source(view_of(host, form));
  GLIMT_TRY(source.start(page->layout.form));
  GLIMT_TRY(state_->claim(*page, cells));
  Status status = state_->write_cells(*page, cells, source, x, y);
  state_->release(*page, cells, !status.ok());
  return status;
}

Result<std::uint32_t> TiffWriter::write_page(const TiffPage& page, const Image& pixels) {
  TiffPage whole = page;
  whole.spec = pixels.spec();
  GLIMT_TRY(const std::uint32_t number, add_page(whole));
  GLIMT_TRY(write_tile(number, 0, 0, pixels));
  return number;
}

Status TiffWriter::close() {
  const std::lock_guard lock(state_->mutex);
  if (!state_->open) return {};
  if (state_->writing > 0) return wrong("other threads are still writing tiles; close it then");
  state_->open = false;
  Status status = state_->failure;
  if (status.ok()) status = state_->check_pages();
  if (status.ok()) status = state_->put_all();
  if (status.ok()) return state_->file.finish();
  state_->file.discard();
  return status;
}

void TiffWriter::discard() {
  const std::lock_guard lock(state_->mutex);
  state_->open = false;
  if (state_->writing == 0) state_->file.discard();  // else the last of them does
}

}  // namespace v0
}  // namespace glimt
