// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "glimt/error.h"
#include "glimt/types.h"

namespace glimt {
inline namespace v0 {

/// What an image is, without its memory.
struct ImageSpec {
  std::int64_t width = 0, height = 0;  ///< pixels
  std::uint32_t channels = 0;
  SampleType type = SampleType::u8;
  std::uint8_t precision = 0;  ///< significant bits of a sample; 0: all of the type
  SampleFormat sample_format = SampleFormat::unknown;
  ColorSpec color_spec = ColorSpec::unchanged;
  /// Of CMYK and YCCK: 0 is full ink, as Adobe's JPEG files have it and decoding UNCHANGED leaves
  /// it.
  bool inverted_inks = false;

  /// Bytes of the tightly packed image, or nothing when they do not fit std::size_t.
  [[nodiscard]] GLIMT_API Result<std::size_t> packed_bytes() const;
  friend bool operator==(const ImageSpec&, const ImageSpec&) = default;
};

/// Distances in bytes between neighbours. May be negative or padded; never 0 unless the extent
/// is 1.
struct Strides {
  std::ptrdiff_t row = 0, pixel = 0, channel = 0;
  friend bool operator==(const Strides&, const Strides&) = default;
};
[[nodiscard]] GLIMT_API Strides packed_strides(const ImageSpec& spec);

/// Pixels in host memory: a handle, cheap to copy; copies share the memory, which lives as long as
/// any handle (or array made from one).
class GLIMT_API Image {
 public:
  Image() = default;

  /// A packed image in pooled memory, contents undefined. Code::limit, out_of_memory.
  static Result<Image> make(const ImageSpec& spec);
  /// Borrows memory: `data` is sample (0, 0, 0), `owner` keeps it alive, `capacity_bytes` is what
  /// may be overwritten from `data` on (0: read only).
  static Image wrap(const ImageSpec& spec, const Strides& strides, void* data,
                    std::shared_ptr<void> owner, std::size_t capacity_bytes);

  [[nodiscard]] bool empty() const { return data_ == nullptr; }
  [[nodiscard]] const ImageSpec& spec() const { return spec_; }
  [[nodiscard]] const Strides& strides() const { return strides_; }
  [[nodiscard]] std::uint8_t* data() const { return data_; }
  [[nodiscard]] const std::shared_ptr<void>& owner() const { return owner_; }
  [[nodiscard]] std::size_t capacity_bytes() const { return capacity_; }
  [[nodiscard]] bool borrowed() const { return borrowed_; }
  [[nodiscard]] bool packed() const { return strides_ == packed_strides(spec_); }
  /// Bytes of the pixels, without padding.
  [[nodiscard]] std::size_t size_bytes() const;

  /// Describes this memory anew for an image of `spec`, allocating only when it is too small.
  /// Borrowed memory keeps its strides where the new rows (and planes) fit into the old ones, is
  /// read as packed where it is contiguous and large enough, and is refused with bad_argument
  /// otherwise.
  Status reshape(const ImageSpec& spec);

 private:
  ImageSpec spec_;
  Strides strides_;
  ImageSpec first_spec_;  // of borrowed memory, as it was wrapped
  Strides first_strides_;
  std::uint8_t* data_ = nullptr;
  std::shared_ptr<void> owner_;
  std::size_t capacity_ = 0;
  bool borrowed_ = false;
};

}  // namespace v0
}  // namespace glimt
