// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What the Python classes hold. Handles of the C++ API, and what only Python has: regions of any
// dimension, output streams, memory that arrays still look at.
#pragma once

#include <nanobind/nanobind.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "glimt/glimt.h"

namespace glimt::python {

/// A number of the caller's: ints read back as ints.
struct FillSample {
  double value = 0;
  bool integral = true;
};

struct RegionObject {
  static constexpr int kMaxDims = 5, kFillSamples = 5;
  int ndim = 0;
  std::array<std::int32_t, kMaxDims> start{}, end{};
  std::array<FillSample, kFillSamples> fill{};

  /// The region of the C++ API; of two dimensions only.
  [[nodiscard]] Region planar() const;
  [[nodiscard]] std::string repr() const;
};

struct ViewObject {
  std::uint64_t image_idx = 0;
  std::optional<RegionObject> region;
  std::uint64_t bitstream_offset = 0;
  std::uint64_t limit_images = 0;

  /// Without a region that only Python has: decoding refuses those by itself.
  [[nodiscard]] StreamView stream_view() const;
  [[nodiscard]] std::string repr() const;
};

struct StreamObject {
  /// The memory of a stream that an encoder writes to.
  struct Output {
    EncodedBytes bytes;
    bool pin_memory = true;
    std::size_t pre_allocated_size = 0;
    /// Bytes that have been asked for: the pages behind them may be more.
    std::size_t capacity = 0;
  };

  CodeStream stream;                 ///< empty: nothing has been encoded into it yet
  std::unique_ptr<ViewObject> view;  ///< null: a plain stream over its whole data
  std::unique_ptr<Output> output;    ///< null: a stream to decode

  StreamObject() = default;
  explicit StreamObject(CodeStream s) : stream(std::move(s)) {}
  /// What Encoder.encode returns.
  explicit StreamObject(EncodedBytes encoded);

  /// Replaces the content of an output stream.
  void set_encoded(EncodedBytes encoded);
  /// The output's memory for the next image, unless something still looks at its bytes.
  [[nodiscard]] EncodedBytes take_output();
  [[nodiscard]] Bytes bytes() const { return stream.empty() ? Bytes{} : stream.bytes(); }
};

struct ImageObject {
  Image image;
  /// Bytes that have been asked for: the pages behind them may be more.
  std::size_t capacity = 0;
  bool shown = false;  ///< the address of its memory was given away by an array interface
  std::vector<std::shared_ptr<void>> kept;  ///< memory shown earlier, before a decode replaced it

  ImageObject() = default;
  explicit ImageObject(Image i) : image(std::move(i)), capacity(image.size_bytes()) {}
  void replace(Image next);
};

/// Owns a reference to a Python object; may be dropped on any thread.
std::shared_ptr<void> keep_alive(nanobind::object object);
/// Owns a buffer view; may be dropped on any thread.
std::shared_ptr<Py_buffer> hold_buffer(nanobind::handle object, int flags);

/// numpy.dtype of a sample type: a borrowed, immortal reference.
nanobind::handle numpy_dtype(SampleType type);

}  // namespace glimt::python
