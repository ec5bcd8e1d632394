// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Flattens the images of a slice into the descriptors that the encoder's kernels read, and says
// how much memory each array takes. Plain host code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "formats/jpeg/cuda/encode_descriptors.h"
#include "formats/jpeg/cuda/encode_settings.h"

namespace glimt::jpeg::cuda {

/// Cuts `units` of `unit_blocks` blocks each.
Cut cut_scan(std::int32_t units, int unit_blocks, std::uint32_t interval);

/// One image of a slice.
struct PlannedImage {
  PixelView pixels;
  const FilePlan* plan = nullptr;
};

/// How to cut a batch into slices that overlap.
int count_encode_slices(std::uint64_t pixels, std::size_t images);

/// Where the pixels lie, and how they become the coded components.
void describe_pixels(const PixelView& pixels, CodedColor coded, EncodeImage& image);

/// Offsets and sizes of a slice.
struct EncodeLayout {
  EncodeSlice slice;  ///< counts are set, pointers and capacities are not
  std::vector<TransformGroup> groups;
  std::vector<std::int32_t> first_scan;  ///< of each planned image, in the scans of the slice
  std::uint64_t blocks = 0;              ///< of all images
  std::uint64_t stored_blocks = 0;
  std::size_t upload_bytes = 0, work_bytes = 0;
  std::size_t cleared_at = 0, cleared_bytes = 0;  ///< of the work: starts as zeros
  std::size_t report_bytes = 0;

  /// Bytes that lay_out() may write.
  static std::size_t upload_bound(std::span<const PlannedImage> images);
  /// Writes the descriptors to `upload`, at least upload_bound() bytes, and everything above.
  void lay_out(std::span<const PlannedImage> images, std::uint8_t* upload);
  /// Sets the pointers but for words and output: the upload's copy on the device, work memory of
  /// work_bytes, coefficients of stored_blocks, pinned memory of report_bytes.
  void place(std::uint8_t* upload, std::uint8_t* work, std::uint8_t* coefficients,
             std::uint8_t* report);

 private:
  struct Totals;
  void put_image(const PlannedImage& planned, Totals& totals, EncodeImage& image);
  void put_scans(const FilePlan& plan, const EncodeImage& image, std::int32_t index, Totals& totals,
                 EncodeScan* scans);

  std::size_t images_at_ = 0, scans_at_ = 0, quantization_at_ = 0, codes_at_ = 0, taken_at_ = 0;
  std::int64_t infos_ = 0, markers_ = 0;
  std::vector<int> qualities_;  // of the quantization sets
};

}  // namespace glimt::jpeg::cuda
