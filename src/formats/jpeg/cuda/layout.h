// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Flattens the images of a slice into the descriptors that the kernels read, and says how much
// memory each array takes. Plain host code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/rect.h"
#include "formats/jpeg/cuda/descriptors.h"
#include "formats/jpeg/cuda/parse.h"

namespace glimt::jpeg::cuda {

/// Where an image goes: device memory. Orientations, planes and BGR are strides and nothing else.
struct Output {
  std::uint8_t* pixels = nullptr;  ///< first sample of the window's top left pixel, as stored
  /// From a sample to that of the stored row below, the stored pixel beside, the next channel: of
  /// any sign and order.
  std::ptrdiff_t row_bytes = 0, pixel_bytes = 3, channel_bytes = 1;
  /// The stored pixels that are wanted, within the image; empty: all.
  Rect window;
  Channels channels = Channels::rgb;
};

/// Code::bad_argument for a window outside the image.
Status check_output(const CodedImage& image, const Output& output);

/// All of an image's layout that does not depend on the slice: first tiles and blocks are left out.
void lay_out_pixels(const CodedImage& image, const Output& output, bool fancy, ImageLayout& layout);
/// The MCUs of a scan that the image's pixels need; of a progressive one all.
Rect needed_mcus(const CodedScan& scan, const ImageLayout& layout);

/// One image of a slice.
struct SliceImage {
  const CodedImage* coded = nullptr;
  Bytes stream;
  Output output;
};

/// How to cut a batch into slices that overlap, for images that take `coded_bytes` together.
int count_slices(std::size_t coded_bytes, std::size_t images);
/// The parameters for a slice.
Parameters tune(std::size_t coded_bytes);

/// A piece of entropy-coded data to copy into the staging memory.
struct StagedPiece {
  const std::uint8_t* from = nullptr;
  std::size_t to = 0, bytes = 0;
};

/// A scan that refines AC coefficients, for the host: what it reads and writes.
struct HostRefinement {
  const CodedRefinement* coded = nullptr;
  const CodedImage* image = nullptr;
  Bytes stream;
  int slice_image = 0;
  int predecessor = -1;  ///< whose new masks are this one's old ones; none: the slice's masks
  std::uint32_t blocks = 0;
  /// Those of them that the window depends on; where `first` is not 0, a restart interval begins.
  std::uint32_t first = 0, end = 0;
  std::uint64_t mask0 = 0, record0 = 0;  ///< as in PlaneLayout and RefinementLayout
};

/// What progressive frames add to a slice.
struct ProgressiveLayout {
  std::vector<PlaneLayout> planes;
  std::vector<BandLayout> bands;
  std::vector<RefinementLayout> refinements;
  std::vector<HostRefinement> host;  ///< by `refinements`

  static std::size_t upload_bound(const CodedImage& image);
  void clear();
  /// Takes an image, whose coefficients begin at `block0`; its scans come next.
  void put_image(const SliceImage& image, int slice_image, std::uint64_t block0,
                 ImageLayout& layout, Slice& slice);
  void put_scan(const CodedImage& image, const CodedScan& coded, int index, ScanLayout& layout,
                Slice& slice);
  /// Writes the descriptors behind `upload_end`.
  void finish(std::uint8_t* upload, std::size_t& upload_end, Slice& slice);
  void place(const std::uint8_t* upload, Slice& slice) const;

 private:
  void put_refinements(const SliceImage& image, std::size_t component,
                       const ComponentLayout& needed, PlaneLayout& plane, Slice& slice);

  std::int32_t image_plane0_ = 0;
  std::size_t planes_at_ = 0, bands_at_ = 0, refinements_at_ = 0;
};

/// Offsets and sizes of a slice. The upload is [descriptors | segments | tables].
struct SliceLayout {
  Slice slice;  ///< counts and parameters are set, pointers are not
  std::size_t upload_bytes = 0, destuffed_bytes = 0, work_bytes = 0;
  std::uint64_t blocks = 0;
  std::size_t images_at = 0, scans_at = 0, segments_at = 0, tables_at = 0, trouble_at = 0;
  std::vector<StagedPiece> pieces;
  ProgressiveLayout progressive;
  std::vector<std::uint64_t> units;  ///< by image: MCUs of the segments that are decoded

  /// Bytes that lay_out() may write of the upload, the pieces included.
  static std::size_t upload_bound(std::span<const SliceImage> images);
  /// Writes the descriptors to `upload`, at least upload_bound() bytes, and everything above.
  void lay_out(std::span<const SliceImage> images, bool fancy, const Parameters& parameters,
               std::uint8_t* upload);
  /// Sets the pointers: the upload's copy on the device, and work memory of work_bytes.
  void place(std::uint8_t* upload, std::uint8_t* destuffed, std::uint8_t* work,
             std::uint8_t* coefficients);

 private:
  void put_image(const SliceImage& image, bool fancy, ImageLayout& layout);
  void put_scan(const SliceImage& image, const CodedScan& coded, ScanLayout& layout);
  void put_segments(const SliceImage& image, const CodedScan& coded, ScanLayout& layout);
  void put_pieces(const SliceImage& image, std::size_t begin, std::size_t end);
  int table_set_of(const CodedScan& coded);

  std::size_t upload_end_ = 0;
  ScanLayout* scans_ = nullptr;  // in the upload
  SegmentLayout* segments_ = nullptr;
  std::vector<const CodedScan*> sets_;  // the first scan with each set of tables
};

}  // namespace glimt::jpeg::cuda
