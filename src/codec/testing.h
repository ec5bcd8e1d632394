// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Drives one backend without the engine: for the tests beside the formats.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec/backend.h"

namespace glimt::testing {

/// Packed pixels of a test.
struct Picture {
  std::int64_t width = 0, height = 0;
  PixelForm form;
  std::vector<std::uint8_t> data;

  [[nodiscard]] PixelView view();
  template <class T>
  [[nodiscard]] const T* samples() const {
    return reinterpret_cast<const T*>(data.data());
  }
};

/// A deterministic picture: smooth gradients with some noise, full range of the form's depth.
Picture make_picture(std::int64_t width, std::int64_t height, const PixelForm& form,
                     unsigned seed = 1);

struct DecodeWish {
  PixelForm form{.channels = 0};  ///< channels 0: the form that parse() reports (ycc becomes rgb)
  Rect window;                    ///< empty: the whole image
  bool partial = false;
  std::string options;
};
struct Decoded {
  Picture picture;
  Status status;
  std::string note;
  std::uint64_t units_decoded = 0;
};
/// Parses and decodes; a parse failure is the status.
Decoded decode(const DecodeBackend& backend, Bytes data, const DecodeWish& wish = {});

struct Encoded {
  std::vector<std::uint8_t> data;
  Status status;
};
/// color_spec and subsampling are resolved as the engine does.
Encoded encode(const EncodeBackend& backend, Picture& picture, const EncodeParams& params = {});

/// Largest absolute difference of two pictures of equal form and size; -1 when those differ.
double max_difference(const Picture& a, const Picture& b);

}  // namespace glimt::testing
