// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What a request means for a stream: pure functions, no codec is opened and nothing allocated.
#pragma once

#include "base/rect.h"
#include "base/result.h"
#include "codec/format.h"
#include "glimt/image.h"
#include "glimt/params.h"
#include "pixel/form.h"

namespace glimt {

struct DecodePlan {
  ImageSpec spec;  ///< of the output image
  PixelForm form;  ///< the same in the words of src/pixel
  Rect window;     ///< stored pixels wanted, perhaps outside the image
  Orientation orientation = Orientation::top_left;
  std::array<double, 5> fill{};
};

/// Code::bad_argument, unsupported or limit.
Result<DecodePlan> plan_decode(const StreamInfo& info, const StreamView& view,
                               const DecodeParams& params, const Limits& limits);

/// The form of pixels that an Image declares, for encoding. Code::bad_argument when its sample
/// format and channel count contradict each other.
Result<PixelForm> form_of(const ImageSpec& spec);

/// The colour that a file of such pixels is to hold: the parameters' wish, or the image's own.
ColorSpec target_color(const EncodeParams& params, const PixelForm& form);
/// The same of the chroma of JPEG.
ChromaSubsampling subsampling_of(const EncodeParams& params, const PixelForm& form);

/// The pixels of an image whose samples are of `form`.
PixelView view_of(const Image& image, const PixelForm& form);

}  // namespace glimt
