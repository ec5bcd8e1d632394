// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/encode_layout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>
#include <tuple>

#include "formats/jpeg/huffman_code.h"

namespace glimt::jpeg::cuda {
namespace {

constexpr std::size_t kAlign = 256;
std::size_t aligned(std::size_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }

// Smaller slices do not fill the GPU.
constexpr double kLeastSlicePixels = 4e6;

/// Gives out parts of a block of memory; of none at all, it counts.
class Carver {
 public:
  explicit Carver(std::uint8_t* memory) : memory_(memory) {}
  template <class T>
  void take(T*& pointer, std::uint64_t count) {
    pointer = memory_ == nullptr ? nullptr : reinterpret_cast<T*>(memory_ + used_);
    used_ += aligned(count * sizeof(T));
  }
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  std::uint8_t* memory_;
  std::size_t used_ = 0;
};

void carve_report(EncodeSlice& slice, Carver& carver) {
  carver.take(slice.report, 1);
  carver.take(slice.scan_reports, static_cast<std::uint64_t>(slice.scan_count));
  carver.take(slice.code_reports, static_cast<std::uint64_t>(slice.tables));
}

int units_of(int unit_blocks) { return kChunkBlocks / unit_blocks; }

constexpr std::int32_t kSame[3][4] = {{1 << 16, 0, 0, 0}, {0, 1 << 16, 0, 0}, {0, 0, 1 << 16, 0}};

PixelLayout layout_of(const PixelView& pixels, EncodeImage& image) {
  const auto rest = [](auto value) { return static_cast<std::uint64_t>(value) % 4; };
  image.aligned_rows =
      rest(reinterpret_cast<std::uintptr_t>(pixels.data)) == 0 && rest(pixels.row_stride) == 0;
  const bool packed =
      pixels.pixel_stride == 3 && image.channel_offset[1] == 1 && image.channel_offset[2] == 2;
  const bool rgb = std::memcmp(image.color, kYcc, sizeof kYcc) == 0;
  if (packed) return rgb ? PixelLayout::packed_rgb : PixelLayout::packed;
  const bool planes = pixels.pixel_stride == 1 && image.aligned_rows &&
                      rest(image.channel_offset[1]) == 0 && rest(image.channel_offset[2]) == 0;
  return planes ? PixelLayout::planes : PixelLayout::bytes;
}

void fill_quantization(int quality, QuantizationSet& set) {
  for (int table = 0; table < 2; ++table) {
    const auto steps = quantization_steps(quality, table == 1);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const std::size_t place = i % 8 * 8 + i / 8;
      const std::uint32_t divisor = std::uint32_t{steps[i]} * 8;  // the islow DCT scales by 8
      set.reciprocal[table][place] = 0xFFFFFFFFU / divisor + 1;   // 2^32 / divisor, rounded up
      set.half[table][place] = divisor / 2;
    }
  }
}

using StandardCodes = std::array<std::uint32_t, kStandardCodes * 256>;
StandardCodes make_standard_codes() {
  StandardCodes codes;
  std::uint32_t* next = codes.data();
  for (int table = 0; table < kStandardCodes; ++table) {
    const CodeSpec& spec = standard_code(table);
    HuffmanCodeList list;
    std::copy_n(spec.counts, 16, list.counts.begin());
    const auto symbols = std::accumulate(spec.counts, spec.counts + 16, std::size_t{0});
    list.symbols.assign(spec.symbols, spec.symbols + symbols);
    for (const HuffmanWord& word : huffman_words(list)) {
      *next++ = std::uint32_t{word.length} << 16 | word.bits;
    }
  }
  return codes;
}

auto group_key(const FilePlan& plan) {
  return std::make_tuple(!plan.own_tables, plan.components, plan.across, plan.down);
}

}  // namespace

Cut cut_scan(std::int32_t units, int unit_blocks, std::uint32_t interval) {
  Cut cut;
  cut.units = units;
  cut.chunk_units = units_of(unit_blocks);
  if (interval == 0 || interval >= static_cast<std::uint32_t>(units)) {
    cut.chunks = (units + cut.chunk_units - 1) / cut.chunk_units;
    cut.segment_chunks = cut.chunks;
    cut.segment_units = units;
    return cut;
  }
  cut.interval = static_cast<std::int32_t>(interval);
  if (cut.interval <= cut.chunk_units) {
    cut.chunk_units = cut.segment_units = cut.chunk_units / cut.interval * cut.interval;
    cut.chunks = (units + cut.chunk_units - 1) / cut.chunk_units;
    cut.inner_markers = cut.chunk_units > cut.interval;
    return cut;
  }
  cut.segment_units = cut.interval;
  cut.segment_chunks = (cut.interval + cut.chunk_units - 1) / cut.chunk_units;
  const std::int32_t rest = units % cut.interval;
  cut.chunks =
      units / cut.interval * cut.segment_chunks + (rest + cut.chunk_units - 1) / cut.chunk_units;
  return cut;
}

int count_encode_slices(std::uint64_t pixels, std::size_t images) {
  // Measured best: 3 for 48 and 66 MP, 5 for 192 MP.
  const double megapixels = static_cast<double>(pixels) / 1e6;
  const double wanted =
      std::min(0.38 * std::sqrt(megapixels), static_cast<double>(pixels) / kLeastSlicePixels);
  return static_cast<int>(std::clamp<long>(std::lround(wanted), 1, static_cast<long>(images)));
}

void describe_pixels(const PixelView& pixels, CodedColor coded, EncodeImage& image) {
  const PixelForm& form = pixels.form;
  image.pixels = pixels.data;
  image.row_stride = static_cast<std::int32_t>(pixels.row_stride);
  image.pixel_stride = pixels.pixel_stride;
  image.width = static_cast<std::int32_t>(pixels.width);
  image.height = static_cast<std::int32_t>(pixels.height);
  const bool gray = form.color == ColorModel::gray;
  for (int c = 0; c < 3; ++c) image.channel_offset[c] = gray ? 0 : c * pixels.channel_stride;
  const bool convert = form.color == ColorModel::rgb && coded != CodedColor::rgb;
  const bool spread = gray && coded == CodedColor::ycc;
  std::memcpy(image.color, convert || spread ? kYcc : kSame, sizeof image.color);
  if (form.color == ColorModel::rgb && form.bgr) {
    for (auto& component : image.color) std::swap(component[0], component[2]);
  }
  image.layout = layout_of(pixels, image);
}

struct EncodeLayout::Totals {
  std::int32_t tiles = 0, chunks = 0, scans = 0, tables = 0;
};

std::size_t EncodeLayout::upload_bound(std::span<const PlannedImage> images) {
  std::size_t scans = 0;
  for (const PlannedImage& image : images) scans += image.plan->scans.size();
  return aligned(images.size() * sizeof(EncodeImage)) + aligned(scans * sizeof(EncodeScan)) +
         aligned(images.size() * sizeof(QuantizationSet)) +
         aligned(kStandardCodes * 256 * sizeof(std::uint32_t)) + kAlign;
}

void EncodeLayout::put_image(const PlannedImage& planned, Totals& totals, EncodeImage& image) {
  const FilePlan& plan = *planned.plan;
  image = {};
  describe_pixels(planned.pixels, plan.color, image);
  image.mcus_across = plan.mcus_across();
  image.mcus_down = plan.mcus_down();
  image.luma_across = plan.blocks_across(0);
  image.luma_down = plan.blocks_down(0);

  for (int c = 0; c < plan.components; ++c) {
    image.table[c] = static_cast<std::uint8_t>(plan.table_of(c));
  }
  const auto known = std::find(qualities_.begin(), qualities_.end(), plan.quality);
  image.quantization = static_cast<std::int32_t>(known - qualities_.begin());
  if (known == qualities_.end()) qualities_.push_back(plan.quality);
  const std::int32_t mcus = image.mcus_across * image.mcus_down;
  image.cut = cut_scan(mcus, plan.blocks_in_mcu(), plan.own_tables ? 0 : plan.restart_interval);
  image.first_tile = totals.tiles;
  totals.tiles += image.cut.chunks;
  const auto image_blocks =
      static_cast<std::uint64_t>(mcus) * static_cast<std::uint64_t>(plan.blocks_in_mcu());
  blocks += image_blocks;
  if (plan.own_tables) {
    image.block0 = stored_blocks;
    stored_blocks += image_blocks;
  } else {
    image.scan = totals.scans;
    image.first_chunk = totals.chunks;
    image.first_marker = markers_;
  }
}

void EncodeLayout::put_scans(const FilePlan& plan, const EncodeImage& image, std::int32_t index,
                             Totals& totals, EncodeScan* scans) {
  for (const ScanPlan& planned : plan.scans) {
    EncodeScan& scan = scans[totals.scans++];
    scan = {};
    const bool band = planned.kind == ScanStep::ac_first || planned.kind == ScanStep::ac_refine;
    scan.image = index;
    scan.kind = planned.kind;
    scan.component = planned.component;
    scan.band_first = std::max<std::uint8_t>(planned.band_first, 1);
    scan.band_last = planned.band_last;
    scan.shift = planned.shift;
    scan.luma_across = plan.across;
    scan.luma_down = plan.down;
    scan.luma_blocks = static_cast<std::uint8_t>(plan.across * plan.down);
    scan.mcu_blocks = static_cast<std::uint8_t>(plan.blocks_in_mcu());
    scan.unit_blocks = band ? 1 : scan.mcu_blocks;
    std::copy(std::begin(image.table), std::end(image.table), scan.table);
    scan.mcus_across = image.mcus_across;
    scan.block0 = image.block0;
    scan.blocks_across = plan.blocks_across(planned.component);
    const std::int32_t units = band ? scan.blocks_across * plan.blocks_down(planned.component)
                                    : image.mcus_across * image.mcus_down;
    scan.cut = cut_scan(units, scan.unit_blocks, plan.restart_interval);
    scan.first_chunk = totals.chunks;
    totals.chunks += scan.cut.chunks;
    if (plan.own_tables) {
      scan.first_code = totals.tables;
      scan.codes = plan.tables_in(planned);
      totals.tables += scan.codes;
    }
    if (band) {
      scan.first_info = infos_;
      infos_ += units;
      slice.has_runs = true;
    }
    if (scan.cut.inner_markers) {
      scan.first_marker = markers_;
      markers_ += units / scan.cut.interval + 1;
    }
  }
}

void EncodeLayout::lay_out(std::span<const PlannedImage> images, std::uint8_t* upload) {
  slice = {};
  groups.clear();
  qualities_.clear();
  blocks = stored_blocks = 0;
  infos_ = markers_ = 0;
  std::vector<std::int32_t> order(images.size());
  std::iota(order.begin(), order.end(), 0);
  const auto plan_at = [&](std::int32_t i) -> const FilePlan& {
    return *images[static_cast<std::size_t>(i)].plan;
  };
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return group_key(plan_at(a)) < group_key(plan_at(b));
  });
  std::size_t scan_count = 0;
  for (const PlannedImage& image : images) scan_count += image.plan->scans.size();
  scans_at_ = images_at_ + aligned(images.size() * sizeof(EncodeImage));
  quantization_at_ = scans_at_ + aligned(scan_count * sizeof(EncodeScan));
  auto* const image_layouts = reinterpret_cast<EncodeImage*>(upload + images_at_);
  auto* const scan_layouts = reinterpret_cast<EncodeScan*>(upload + scans_at_);

  Totals totals;
  first_scan.resize(images.size());
  for (std::size_t k = 0; k < order.size(); ++k) {
    const FilePlan& plan = plan_at(order[k]);
    if (k == 0 || group_key(plan) != group_key(plan_at(order[k - 1]))) {
      groups.push_back({plan.across, plan.down, plan.components, plan.own_tables,
                        static_cast<std::int32_t>(k), 0, totals.tiles, 0});
    }
    const auto planned = static_cast<std::size_t>(order[k]);
    first_scan[planned] = totals.scans;
    put_image(images[planned], totals, image_layouts[k]);
    put_scans(plan, image_layouts[k], static_cast<std::int32_t>(k), totals, scan_layouts);
    if (plan.own_tables) {
      slice.stored_scans = totals.scans;
      slice.stored_chunks = totals.chunks;
    }
    ++groups.back().images;
    groups.back().tiles = totals.tiles - groups.back().first_tile;
  }
  slice.image_count = static_cast<std::int32_t>(images.size());
  slice.scan_count = totals.scans;
  slice.chunks = totals.chunks;
  slice.tables = totals.tables;

  auto* const sets = reinterpret_cast<QuantizationSet*>(upload + quantization_at_);
  for (std::size_t i = 0; i < qualities_.size(); ++i) fill_quantization(qualities_[i], sets[i]);
  codes_at_ = quantization_at_ + aligned(qualities_.size() * sizeof(QuantizationSet));
  static const StandardCodes standard_codes = make_standard_codes();
  std::memcpy(upload + codes_at_, standard_codes.data(), sizeof standard_codes);
  taken_at_ = codes_at_ + aligned(kStandardCodes * 256 * sizeof(std::uint32_t));
  std::memset(upload + taken_at_, 0, kAlign);
  upload_bytes = taken_at_ + kAlign;
  place(nullptr, nullptr, nullptr, nullptr);
}

void EncodeLayout::place(std::uint8_t* upload, std::uint8_t* work, std::uint8_t* coefficients,
                         std::uint8_t* report) {
  if (upload != nullptr) {
    slice.images = reinterpret_cast<const EncodeImage*>(upload + images_at_);
    slice.scans = reinterpret_cast<const EncodeScan*>(upload + scans_at_);
    slice.quantization = reinterpret_cast<const QuantizationSet*>(upload + quantization_at_);
    slice.standard_codes = reinterpret_cast<const std::uint32_t*>(upload + codes_at_);
    slice.words_taken = reinterpret_cast<std::uint32_t*>(upload + taken_at_);
    slice.scans_measured = slice.words_taken + 1;
  }
  slice.coefficients = reinterpret_cast<std::uint32_t*>(coefficients);
  const auto chunk_count = static_cast<std::uint64_t>(slice.chunks);
  const auto scan_count = static_cast<std::uint64_t>(slice.scan_count);
  const std::uint64_t symbols = static_cast<std::uint64_t>(slice.tables) * 256;
  const std::uint64_t band_chunks =
      slice.has_runs ? static_cast<std::uint64_t>(slice.stored_chunks) : 0;
  Carver carver(work);
  carver.take(slice.chunk_codes, chunk_count);
  carver.take(slice.chunk_stuffing, chunk_count);
  carver.take(slice.chunk_at, chunk_count);
  carver.take(slice.scan_bytes, scan_count);
  carver.take(slice.scan_at, scan_count);
  carver.take(slice.fits, 1);
  carver.take(slice.markers, static_cast<std::uint64_t>(markers_));
  carver.take(slice.codes, symbols);
  carver.take(slice.block_info, static_cast<std::uint64_t>(infos_));
  carver.take(slice.chunk_fresh, band_chunks);
  carver.take(slice.chunk_corrections, band_chunks);
  cleared_at = carver.used();
  carver.take(slice.histograms, symbols);
  carver.take(slice.runs, static_cast<std::uint64_t>(infos_));
  cleared_bytes = carver.used() - cleared_at;
  work_bytes = carver.used();
  Carver reports(report);
  carve_report(slice, reports);
  report_bytes = reports.used();
}

}  // namespace glimt::jpeg::cuda
