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

/// Where pixels lie, and what they are ordered on.
struct Place {
  static constexpr int kHost = -1;

  int device = kHost;  ///< kHost, or the number of a CUDA device
  /// cudaStream_t as a number; 0 is the legacy default stream. Whoever reads device memory orders
  /// its work behind this stream. Of no meaning for host memory.
  std::uintptr_t cuda_stream = 0;

  [[nodiscard]] bool on_host() const { return device == kHost; }
  friend bool operator==(const Place&, const Place&) = default;
};

/// Pixels in host or device memory: a handle, cheap to copy; copies share the memory, which lives
/// as long as any handle (or array made from one).
class GLIMT_API Image {
 public:
  Image() = default;

  /// A packed image in pooled memory, contents undefined. Code::limit, out_of_memory, device.
  static Result<Image> make(const ImageSpec& spec, const Place& place = {});
  /// A packed image that owns `capacity_bytes` at `data`: reshape() may replace them.
  static Image own(const ImageSpec& spec, std::shared_ptr<void> owner, std::uint8_t* data,
                   std::size_t capacity_bytes, const Place& place = {});
  /// Borrows memory: `data` is sample (0, 0, 0), `owner` keeps it alive, `capacity_bytes` is what
  /// may be overwritten from `data` on (0: read only).
  static Image wrap(const ImageSpec& spec, const Strides& strides, void* data,
                    std::shared_ptr<void> owner, std::size_t capacity_bytes,
                    const Place& place = {});

  [[nodiscard]] bool empty() const { return data_ == nullptr; }
  [[nodiscard]] const ImageSpec& spec() const { return spec_; }
  [[nodiscard]] const Strides& strides() const { return strides_; }
  [[nodiscard]] const Place& place() const { return place_; }
  /// The stream that the pixels are ordered on from now on.
  void set_cuda_stream(std::uintptr_t stream);
  /// Sample (0, 0, 0); of an image on a device an address that the host cannot read: copy_to() it.
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

  /// The pixels as a packed image in another place; the same handle where they lie there already.
  /// To the host: complete on return. To a device: the copy is ordered on place.cuda_stream, behind
  /// this image's own stream, and complete on return when `wait`. Code::out_of_memory, device.
  [[nodiscard]] Result<Image> copy_to(const Place& place, bool wait = true) const;
  /// A packed copy in the same place, ordered on the same stream.
  [[nodiscard]] Result<Image> packed_copy() const;
  /// What `cuda_stream` has been given so far may use the pixels: to be called, while the stream
  /// exists, by who used them on another stream than place().cuda_stream and lets go of them.
  void used_on(std::uintptr_t cuda_stream) const;

 private:
  ImageSpec spec_;
  Strides strides_;
  Place place_;
  ImageSpec first_spec_;  // of borrowed memory, as it was wrapped
  Strides first_strides_;
  std::uint8_t* data_ = nullptr;
  std::shared_ptr<void> owner_;
  std::size_t capacity_ = 0;
  bool borrowed_ = false;
};

}  // namespace v0
}  // namespace glimt
