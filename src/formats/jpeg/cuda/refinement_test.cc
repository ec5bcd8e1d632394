// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// AC refinement scans against the coefficients that libjpeg reads of the same stream.
#include "formats/jpeg/cuda/refinement.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include <hwy/targets.h>

#include "formats/jpeg/cuda/layout.h"
#include "formats/jpeg/cuda/parse.h"
#include "formats/jpeg/cuda/refinement_round.h"
#include "formats/jpeg/reference_test.h"

namespace glimt::jpeg::cuda {
namespace {

using reference::Settings;
using Stream = std::vector<std::uint8_t>;

Stream photo(std::int64_t width, std::int64_t height, const Settings& settings) {
  testing::Picture picture =
      testing::make_picture(width, height, reference::form_of(ColorModel::rgb, 3));
  return reference::encode(picture, settings);
}

Settings progressive(std::size_t sampling = 2, unsigned restart_interval = 0) {
  Settings settings;
  settings.sampling = reference::kSamplings[sampling].factors;
  settings.restart_interval = restart_interval;
  settings.progressive = true;
  return settings;
}

/// Several refinements of one component, whole and in bands.
const std::vector<jpeg_scan_info> kDeepScript = {
    {3, {0, 1, 2, 0}, 0, 0, 0, 2}, {1, {0}, 1, 9, 0, 3},   {1, {0}, 10, 63, 0, 2},
    {1, {1}, 1, 63, 0, 2},         {1, {2}, 1, 63, 0, 1},  {3, {0, 1, 2, 0}, 0, 0, 2, 1},
    {1, {0}, 1, 9, 3, 2},          {1, {0}, 1, 63, 2, 1},  {3, {0, 1, 2, 0}, 0, 0, 1, 0},
    {1, {0}, 1, 30, 1, 0},         {1, {0}, 31, 63, 1, 0}, {1, {1}, 1, 63, 2, 1},
    {1, {1}, 1, 63, 1, 0},         {1, {2}, 1, 63, 1, 0},
};

/// Of a component, in the order of its own scans' blocks: 64 coefficients each in zigzag order.
std::vector<std::vector<int>> coefficients_of(const Stream& stream) {
  jpeg_decompress_struct cinfo{};
  jpeg_error_mgr errors{};
  cinfo.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&cinfo);
  jpeg_mem_src(&cinfo, stream.data(), static_cast<unsigned long>(stream.size()));
  jpeg_read_header(&cinfo, TRUE);
  jvirt_barray_ptr* arrays = jpeg_read_coefficients(&cinfo);
  std::vector<std::vector<int>> all(static_cast<std::size_t>(cinfo.num_components));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const jpeg_component_info& c = cinfo.comp_info[i];
    for (JDIMENSION y = 0; y < c.height_in_blocks; ++y) {
      JBLOCKARRAY row = cinfo.mem->access_virt_barray(reinterpret_cast<j_common_ptr>(&cinfo),
                                                      arrays[i], y, 1, FALSE);
      for (JDIMENSION x = 0; x < c.width_in_blocks; ++x) {
        for (std::size_t k = 0; k < kBlockSize; ++k) all[i].push_back(row[0][x][kZigzag[k]]);
      }
    }
  }
  jpeg_destroy_decompress(&cinfo);
  return all;
}

struct Records {
  std::vector<std::uint64_t> before, after, positive, corrections;

  explicit Records(std::size_t blocks)
      : before(blocks), after(blocks), positive(blocks), corrections(blocks) {}
  RefinementBlocks blocks() {
    return {before.data(), after.data(), positive.data(), corrections.data()};
  }
};

/// What a scan must say, by the final coefficients. `before` holds nothing outside the scan's band.
Records expected(const std::vector<int>& coefficients, const Scan& scan) {
  Records want(coefficients.size() / kBlockSize);
  for (std::size_t i = 0; i < want.after.size(); ++i) {
    for (std::size_t k = scan.spectral_start; k <= scan.spectral_end; ++k) {
      const int value = coefficients[i * kBlockSize + k], magnitude = std::abs(value) >> scan.low;
      const std::uint64_t bit = std::uint64_t{1} << k;
      if (magnitude != 0) want.after[i] |= bit;
      if (magnitude == 1 && value > 0) want.positive[i] |= bit;
      if (magnitude < 2) continue;
      want.before[i] |= bit;
      want.corrections[i] = want.corrections[i] << 1 | (magnitude & 1);
    }
  }
  return want;
}

/// The first block that differs, or -1.
std::ptrdiff_t difference(const std::vector<std::uint64_t>& a,
                          const std::vector<std::uint64_t>& b) {
  const auto found = std::mismatch(a.begin(), a.end(), b.begin()).first;
  return found == a.end() ? -1 : found - a.begin();
}

void check_scans(const Stream& stream, std::size_t scans) {
  CodedImage image;
  const Status status = read_coded(stream, image);
  ASSERT_TRUE(status.ok()) << status.text();
  ASSERT_EQ(image.refinements.size(), scans);
  const auto coefficients = coefficients_of(stream);
  std::vector<std::uint8_t> data;
  for (const CodedRefinement& coded : image.refinements) {
    const Records want = expected(coefficients[coded.scan.components[0].component], coded.scan);
    Records got(want.after.size());
    got.before = want.before;
    const RefinementTable table(coded.counts, coded.symbols);
    const std::size_t interval =
        coded.restart_interval == 0 ? want.after.size() : coded.restart_interval;
    for (std::size_t i = 0; i < coded.segments; ++i) {
      const CodedSegment& segment = image.refinement_segments[coded.segment0 + i];
      ASSERT_TRUE(
          destuff_for_refinement(Bytes(stream).subspan(segment.offset, segment.bytes), data));
      RefinementChain chain(table, coded.scan.spectral_start, coded.scan.spectral_end,
                            Bytes(data).first(data.size() - RefinementChain::kPadding));
      const std::size_t end = std::min(want.after.size(), (i + 1) * interval);
      for (std::size_t at = i * interval; at < end; at += 7) {
        ASSERT_TRUE(chain.decode(got.blocks().from(at), std::min<std::size_t>(7, end - at)));
      }
      EXPECT_TRUE(chain.at_end());
    }
    EXPECT_EQ(difference(want.after, got.after), -1);
    EXPECT_EQ(difference(want.positive, got.positive), -1);
    EXPECT_EQ(difference(want.corrections, got.corrections), -1);
  }
}

/// With the instructions of this CPU, and plainly.
class Refinement : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) hwy::SetSupportedTargetsForTest(HWY_STATIC_TARGET);
  }
  void TearDown() override { hwy::SetSupportedTargetsForTest(0); }
};
INSTANTIATE_TEST_SUITE_P(Targets, Refinement, ::testing::Bool(),
                         [](const auto& tested) { return tested.param ? "Plain" : "Best"; });

TEST_P(Refinement, SaysWhatTheCoefficientsSay) {
  for (const int quality : {30, 85, 100}) {
    for (const std::size_t sampling : {0U, 2U}) {
      Settings settings = progressive(sampling);
      settings.quality = quality;
      check_scans(photo(331, 217, settings), 4);
      settings.restart_interval = 5;
      check_scans(photo(331, 217, settings), 4);
    }
  }
}

TEST_P(Refinement, SeveralOfAComponent) {
  for (const int quality : {60, 95}) {
    Settings settings = progressive();
    settings.script = kDeepScript;
    settings.quality = quality;
    check_scans(photo(250, 190, settings), 7);
  }
}

TEST_P(Refinement, DamageEndsAChainWithinItsData) {
  const Stream stream = photo(200, 150, progressive());
  CodedImage image;
  ASSERT_TRUE(read_coded(stream, image).ok());
  const auto coefficients = coefficients_of(stream);
  std::mt19937 random(3);
  int refused = 0;
  for (int round = 0; round < 600; ++round) {
    const CodedRefinement& coded = image.refinements[random() % image.refinements.size()];
    const Records want = expected(coefficients[coded.scan.components[0].component], coded.scan);
    Records got(want.after.size());
    got.before = want.before;
    if (round % 3 == 0) got.before[random() % got.before.size()] = random();
    const CodedSegment& segment = image.refinement_segments[coded.segment0];
    Stream damaged(stream.begin() + static_cast<std::ptrdiff_t>(segment.offset),
                   stream.begin() + static_cast<std::ptrdiff_t>(segment.offset + segment.bytes));
    if (round % 4 == 0) damaged.resize(random() % damaged.size());
    for (unsigned i = 0; i < random() % 4 && !damaged.empty(); ++i) {
      damaged[random() % damaged.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
    }
    // Exactly as much memory as there is data: sanitizers see what is read beyond.
    Stream data;
    (void)destuff_for_refinement(damaged, data);
    const std::vector<std::uint8_t> exact(data.begin(), data.end());
    const RefinementTable table(coded.counts, coded.symbols);
    RefinementChain chain(table, coded.scan.spectral_start, coded.scan.spectral_end,
                          Bytes(exact).first(exact.size() - RefinementChain::kPadding));
    const bool good = chain.decode(got.blocks(), got.after.size()) && chain.at_end();
    refused += good ? 0 : 1;
  }
  EXPECT_GT(refused, 300);
}

TEST(RefinementData, LosesItsStuffedBytes) {
  std::vector<std::uint8_t> to;
  EXPECT_TRUE(destuff_for_refinement(Stream{1, 0xFF, 0, 2, 0xFF, 0}, to));
  EXPECT_EQ(Stream(to.begin(), to.begin() + 4), (Stream{1, 0xFF, 2, 0xFF}));
  EXPECT_EQ(to.size(), 4 + RefinementChain::kPadding);
  EXPECT_TRUE(destuff_for_refinement({}, to));
  EXPECT_EQ(to.size(), RefinementChain::kPadding);
  EXPECT_FALSE(destuff_for_refinement(Stream{1, 0xFF, 0xD9}, to));
}

/// A slice of one image, with the masks that the GPU would give.
struct Round {
  CodedImage image;
  SliceLayout layout;
  std::vector<std::uint8_t> upload;
  std::vector<std::uint64_t> masks, records;
  RefinementSlice slice;
  std::vector<int> scans_done;
  int done = 0;
  std::atomic<int> failed{0};

  explicit Round(const Stream& stream, const Stream& whole, const Output& output = {}) {
    const Status status = read_coded(stream, image);
    EXPECT_TRUE(status.ok()) << status.text();
    const std::vector<SliceImage> images = {{&image, stream, output}};
    upload.resize(SliceLayout::upload_bound(images));
    layout.lay_out(images, true, {}, upload.data());
    masks.resize(layout.slice.mask_count);
    records.resize(layout.slice.record_words);
    scans_done.resize(layout.progressive.host.size());
    fill_masks(coefficients_of(whole));
    slice.scans = layout.progressive.host;
    slice.masks = masks.data();
    slice.records = records.data();
    slice.wait = [] { return Status(); };
    slice.skips = [](int) { return false; };
    slice.fail = [this](int) { ++failed; };
    slice.scan_done = [this](std::size_t scan) { ++scans_done[scan]; };
    slice.done = [this] { ++done; };
  }

  /// The first scan of a coefficient has the bits from those of its first refinement on.
  void fill_masks(const std::vector<std::vector<int>>& coefficients) {
    for (const HostRefinement& host : layout.progressive.host) {
      const Scan& scan = host.coded->scan;
      const auto& own = coefficients[scan.components[0].component];
      for (std::size_t i = 0; i < host.blocks; ++i) {
        for (std::size_t k = scan.spectral_start; k <= scan.spectral_end; ++k) {
          std::uint64_t& mask = masks[host.mask0 + i];
          const std::uint64_t bit = std::uint64_t{1} << k;
          const bool set = std::abs(own[i * kBlockSize + k]) >> scan.high != 0;
          // A later refinement sees more than the first one.
          mask = set && !later(host, k) ? mask | bit : mask;
        }
      }
    }
  }
  [[nodiscard]] bool later(const HostRefinement& host, std::size_t k) const {
    for (int at = host.predecessor; at >= 0;) {
      const HostRefinement& before = layout.progressive.host[static_cast<std::size_t>(at)];
      const Scan& scan = before.coded->scan;
      if (scan.spectral_start <= k && k <= scan.spectral_end) return true;
      at = before.predecessor;
    }
    return false;
  }

  void check(const Stream& whole) {
    const auto coefficients = coefficients_of(whole);
    for (const HostRefinement& host : layout.progressive.host) {
      const Scan& scan = host.coded->scan;
      const Records want = expected(coefficients[scan.components[0].component], scan);
      const std::uint64_t* got = records.data() + host.record0;
      std::uint64_t band = 0;
      for (unsigned k = scan.spectral_start; k <= scan.spectral_end; ++k) {
        band |= std::uint64_t{1} << k;
      }
      for (std::size_t i = host.first; i < host.end; ++i) {
        ASSERT_EQ(got[i] & band, want.after[i]) << "block " << i;
        ASSERT_EQ(got[host.blocks + i], want.positive[i]) << "block " << i;
        ASSERT_EQ(got[2 * std::size_t{host.blocks} + i], want.corrections[i]) << "block " << i;
      }
    }
  }
};

/// Runs pieces on several threads, claimed in ascending order.
struct Threads {
  Arena arena;
  Limits limits;
  Worker worker{arena, limits, [this](std::size_t count, const Worker::Piece& piece) {
                  std::atomic<std::size_t> next{0};
                  std::vector<std::jthread> threads(4);
                  for (std::jthread& thread : threads) {
                    thread = std::jthread([&] {
                      for (std::size_t i; (i = next.fetch_add(1)) < count;) piece(i, worker);
                    });
                  }
                }};
};

TEST(RefinementRound, ScansFollowEachOther) {
  RefinementRound round;
  Threads threads;
  Arena arena;
  const Limits limits;
  Worker alone{arena, limits, {}};
  for (const unsigned interval : {0U, 1U, 700U}) {
    Settings settings = progressive(2, interval);
    const Stream usual = photo(701, 480, settings);
    settings.script = kDeepScript;
    const Stream deep = photo(701, 480, settings);
    for (Worker* worker : {&threads.worker, &alone}) {
      Round first(usual, usual), second(deep, deep);
      round.add(first.slice);
      round.add(second.slice);
      round.run(*worker);
      for (Round* one : {&first, &second}) {
        one->check(one == &first ? usual : deep);
        EXPECT_EQ(one->done, 1);
        EXPECT_EQ(one->failed, 0);
        for (const int done : one->scans_done) EXPECT_EQ(done, 1);
      }
    }
  }
}

TEST(RefinementRound, AWindowsBlocksAndThoseBeforeThem) {
  RefinementRound round;
  Threads threads;
  Output output;
  output.window = {100, 160, 300, 320};
  for (const unsigned interval : {0U, 130U, 1000U}) {
    Settings settings = progressive(2, interval);
    settings.script = kDeepScript;
    const Stream stream = photo(701, 480, settings);
    Round one(stream, stream, output);
    constexpr std::uint32_t across = 88;  // of luma; the rows needed are 20 to 39
    const HostRefinement& luma = one.slice.scans[0];
    EXPECT_EQ(luma.first, interval == 0 ? 0 : 20 * across / interval * interval);
    EXPECT_EQ(luma.end, 40 * across);
    round.add(one.slice);
    round.run(threads.worker);
    one.check(stream);
    EXPECT_EQ(one.done, 1);
    EXPECT_EQ(one.failed, 0);
  }
}

TEST(RefinementRound, GrayNeedsNoChroma) {
  Settings settings = progressive();
  settings.script = {{3, {0, 1, 2, 0}, 0, 0, 0, 0},
                     {1, {0}, 1, 63, 0, 0},
                     {1, {1}, 1, 63, 0, 1},
                     {1, {2}, 1, 63, 0, 0},
                     {1, {1}, 1, 63, 1, 0}};
  const Stream stream = photo(200, 100, settings);
  RefinementRound round;
  Threads threads;
  Output output;
  output.channels = Channels::gray;
  Round one(stream, stream, output);
  ASSERT_EQ(one.slice.scans.size(), 1U);
  round.add(one.slice);
  round.run(threads.worker);
  EXPECT_EQ(one.done, 1);
  EXPECT_EQ(one.scans_done[0], 0);
}

TEST(RefinementRound, DamageIsToldAndTheRestGoesOn) {
  const Stream whole = photo(701, 480, progressive());
  Stream cut = whole;
  CodedImage image;
  ASSERT_TRUE(read_coded(whole, image).ok());
  const CodedSegment& first = image.refinement_segments[0];
  cut.erase(cut.begin() + static_cast<std::ptrdiff_t>(first.offset + first.bytes / 2),
            cut.begin() + static_cast<std::ptrdiff_t>(first.offset + first.bytes));
  RefinementRound round;
  Threads threads;
  Round damaged(cut, whole), fine(whole, whole), skipped(cut, whole);
  skipped.slice.skips = [](int) { return true; };
  round.add(damaged.slice);
  round.add(fine.slice);
  round.add(skipped.slice);
  round.run(threads.worker);
  EXPECT_GT(damaged.failed, 0);
  EXPECT_EQ(damaged.done, 1);
  EXPECT_EQ(fine.failed, 0);
  fine.check(whole);
  EXPECT_EQ(skipped.failed, 0);
  EXPECT_EQ(skipped.done, 1);
}

}  // namespace
}  // namespace glimt::jpeg::cuda
