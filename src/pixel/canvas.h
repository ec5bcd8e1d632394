// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Where a codec puts its samples. A codec decodes rectangle by rectangle in stored coordinates and
// in its native form; the canvas crops, converts and orients them on the way into the caller's
// image, or hands out the caller's memory itself when nothing is left to do.
//
//   GLIMT_TRY(canvas.start(native_form));
//   for (each strip of MCU rows) {
//     if (!canvas.wants(strip)) continue;
//     GLIMT_TRY(Strip strip, canvas.begin(rect, worker.arena));
//     ... write strip.view, all of rect ...
//     canvas.end(strip);
//   }
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "base/arena.h"
#include "base/rect.h"
#include "base/result.h"
#include "pixel/convert.h"
#include "pixel/form.h"

namespace glimt {

/// What the plan wants of one image.
struct CanvasTarget {
  PixelView image;  ///< the caller's memory, in output orientation
  Rect window;      ///< wanted pixels in stored coordinates; may leave the image
  std::int64_t stored_width = 0, stored_height = 0;
  Orientation orientation = Orientation::top_left;
  std::array<double, 5> fill{};
};

/// Where stored pixel (0, 0) of the window lies in the oriented image, and how it steps from there
/// (Exif 2.32, 4.6.4: the orientation says where stored row 0 and column 0 belong).
PixelView seen_from_stored_space(const CanvasTarget& target);

/// Memory for one rectangle of the image, valid from begin() to end().
struct Strip {
  PixelView view;  ///< the rectangle, in the native form; view.width and height are the rect's
  Rect rect;
  Arena* arena = nullptr;  // set when the memory is scratch
  Arena::Mark mark{};
};

/// Host memory for pixels as a codec has them, which are to be brought into a target elsewhere.
struct Capture {
  std::function<Result<std::uint8_t*>(std::size_t bytes)> take;
  PixelView view;  ///< packed, of the canvas's wanted() rectangle, once the codec has started
};

class Canvas {
 public:
  explicit Canvas(const CanvasTarget& target);
  /// Takes the wanted part in the codec's own form into `capture`; target.image is not touched.
  Canvas(const CanvasTarget& target, Capture& capture);

  [[nodiscard]] const CanvasTarget& target() const { return target_; }
  /// The form that the caller gets: a codec that can deliver several picks the nearest.
  [[nodiscard]] const PixelForm& wanted_form() const { return target_.image.form; }
  /// The part of the stored image that is wanted: the window inside the image. May be empty.
  [[nodiscard]] const Rect& wanted() const { return wanted_; }
  [[nodiscard]] bool wants(const Rect& rect) const { return !intersect(rect, wanted_).empty(); }

  /// Announces the form that the codec will write. Code::unsupported when it cannot become the
  /// wanted one. Call once, before begin(); afterwards begin and end may run on many threads.
  Status start(const PixelForm& native);
  /// Whether a codec's rows inside the window land in the caller's memory without a copy.
  [[nodiscard]] bool direct() const { return direct_; }

  /// Memory for rect (inside the stored image). Code::out_of_memory.
  Result<Strip> begin(const Rect& rect, Arena& arena) const;
  /// The strip is written: brings it into the caller's image and takes its memory back. Strips end
  /// in the reverse order of their begin, per arena.
  void end(const Strip& strip) const;
  /// Takes samples that lie in the codec's own memory, as if written into a strip.
  void put(const PixelView& view, const Rect& rect) const;

  /// A canvas for an image of its own within this one, which has been started: pixel (0, 0) of that
  /// image lies at the corner of `place`, which has its size, and it shows only in `within`.
  [[nodiscard]] Canvas inset(const Rect& place, const Rect& within) const;

  /// The target's memory for stored pixels of rect (inside the window), as seen from stored space.
  [[nodiscard]] PixelView stored_view(const Rect& rect) const;

  /// Writes the fill samples to what lies outside the stored image. The engine's to call.
  void fill_outside() const;

  /// The parts of the window outside the stored image; some may be empty.
  [[nodiscard]] std::array<Rect, 4> outside() const;
  /// How samples of the form that start() was told become the caller's.
  [[nodiscard]] const Converter& converter() const { return converter_; }

 private:
  Status start_capture();
  void fill(const Rect& rect) const;

  CanvasTarget target_;
  Rect wanted_;
  PixelView stored_;  // the memory of origin_ seen from stored space
  Rect origin_;       // the window, or what is captured
  Capture* capture_ = nullptr;
  PixelForm native_;
  Converter converter_;
  bool direct_ = false;
};

/// The way back, for encoders: the caller's pixels, row by row, in the form that the codec codes.
class PixelSource {
 public:
  explicit PixelSource(const PixelView& image) : image_(image) {}

  [[nodiscard]] const PixelView& image() const { return image_; }
  [[nodiscard]] const PixelForm& form() const { return image_.form; }
  [[nodiscard]] std::int64_t width() const { return image_.width; }
  [[nodiscard]] std::int64_t height() const { return image_.height; }

  /// The form that the codec codes. Code::unsupported when the image cannot become it.
  Status start(const PixelForm& coded);
  /// Rectangle of the image in the coded form, interleaved rows without gaps (planar: each plane):
  /// the caller's own memory where it is so already, else scratch that lives until arena.release.
  Result<PixelView> read(const Rect& rect, Arena& arena) const;

 private:
  PixelView image_;
  PixelForm coded_;
  Converter converter_;
};

}  // namespace glimt
