// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// glimt decode: the pixels of one image, into a lossless file.
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/codecs.h"
#include "cli/files.h"
#include "cli/raw_file.h"
#include "cli/text.h"
#include "cli/verbs.h"

namespace glimt::cli {
namespace {

constexpr const char* kFooter = R"(The extension of OUT says what is written:
  .png .ppm .pgm .pam .pnm   an image file, without loss
  .npy                       a NumPy array of shape (height, width, channels)
  .raw                       the samples alone, rows from top to bottom, channels interleaved, native byte order

Examples:
  glimt decode photo.jpg -o photo.png
  glimt decode scan.jp2 -o corner.png --region 0,0,512,512 --any-depth --color unchanged
  glimt decode photo.jpg -o planes.npy --color ycc)";

struct Options {
  std::string path, out;
  std::vector<std::int32_t> region;
  std::vector<double> fill;
  ColorSpec color = ColorSpec::srgb;
  std::uint32_t image_idx = 0;
  bool any_depth = false, no_orientation = false, partial = false;
  bool fancy = true;
  CodecOptions codec;
};

constexpr std::array<std::string_view, 2> kSampleFiles = {".npy", ".raw"};
constexpr std::array<std::string_view, 5> kImageFiles = {".png", ".ppm", ".pgm", ".pam", ".pnm"};

template <std::size_t n>
bool is_one_of(const std::array<std::string_view, n>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

StreamView view_of(const Options& options) {
  StreamView view;
  view.image_idx = options.image_idx;
  if (options.region.empty()) return view;
  Region region{options.region[0], options.region[1], options.region[2], options.region[3], {}};
  if (region.end_y <= region.start_y || region.end_x <= region.start_x) {
    throw UsageError(
        "--region takes y0,x0,y1,x1 with y1 > y0 and x1 > x0 (stored pixels, end exclusive)");
  }
  // Fewer values than channels repeat the last one.
  for (std::size_t i = 0; i < region.fill.size() && !options.fill.empty(); ++i) {
    region.fill[i] = options.fill[std::min(i, options.fill.size() - 1)];
  }
  view.region = region;
  return view;
}

DecodeParams params_of(const Options& options, std::string_view extension) {
  DecodeParams params;
  params.apply_exif_orientation = !options.no_orientation;
  params.color_spec = extension == ".pgm" ? ColorSpec::gray : options.color;
  params.allow_any_depth = options.any_depth;
  params.errors = options.partial ? Errors::partial : Errors::strict;
  return params;
}

Status write(const Options& options, std::string_view extension, const Image& image) {
  if (extension == ".npy") return write_npy(options.out, image);
  if (extension == ".raw") return write_raw(options.out, image);
  EncodeParams params;
  params.quality_type = QualityType::lossless;
  const Result<Encoder> encoder = Encoder::make(options.codec.config());
  return encoder.ok() ? encoder->write(options.out, image, extension, params) : encoder.status();
}

int fail(const std::string& path, const Status& status) {
  fmt::print(stderr, "glimt decode: {}: {}\n", path, status.text());
  return kSomeFailed;
}

int run(const Options& options) {
  const std::string extension = extension_of(options.out);
  const bool samples = is_one_of(kSampleFiles, extension);
  if (!samples && !is_one_of(kImageFiles, extension)) {
    throw UsageError(fmt::format(
        "decode cannot write '{}': end the name in .png, .ppm, .pgm, .pam, .pnm, .npy or .raw; "
        "'glimt convert' writes other formats",
        options.out));
  }
  if (options.color == ColorSpec::sycc && !samples) {
    throw UsageError("--color ycc goes into .npy or .raw only: image files hold RGB or gray");
  }

  const StreamView view = view_of(options);
  const Result<CodeStream> stream = CodeStream::open(options.path, view);
  if (!stream.ok()) return fail(options.path, stream.status());
  const Result<Decoder> decoder = Decoder::make(options.codec.config(upsampling(options.fancy)));
  if (!decoder.ok()) return fail(options.path, decoder.status());
  warn_of_unknown("decode", decoder->unknown_options());

  const Result<Decoded> decoded = decode_image(*decoder, *stream, params_of(options, extension));
  if (!decoded.ok()) return fail(options.path, decoded.status());
  if (!decoded->note.empty()) {
    fmt::print(stderr, "glimt decode: {}: {}\n", options.path, decoded->note);
  }
  if (const Status status = write(options, extension, decoded->image); !status.ok()) {
    return fail(options.out, status);
  }
  const ImageSpec& spec = decoded->image.spec();
  fmt::print("{}: {}, {}, {} ms by {}\n", options.out, pixels_text(spec.width, spec.height),
             samples_text(spec.type, spec.precision, spec.channels), number_text(decoded->ms),
             decoded->backend);
  return kSuccess;
}

}  // namespace

void add_decode(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_subcommand("decode", "Write the pixels of one image");
  verb->add_option("FILE", options->path, "The image")->required()->type_name("");
  verb->add_option("-o,--out", options->out, "The file to write; replaced if it exists")
      ->required()
      ->type_name("OUT");
  verb->add_option("--region", options->region, "y0,x0,y1,x1 in stored pixels, end exclusive")
      ->delimiter(',')
      ->type_size(4)
      ->expected(1)
      ->type_name("Y0,X0,Y1,X1");
  verb->add_option("--fill", options->fill, "Samples for pixels of the region outside the image")
      ->delimiter(',')
      ->expected(1, 5)
      ->type_name("V,...");
  const std::vector<std::pair<std::string, ColorSpec>> colors = {
      {"rgb", ColorSpec::srgb},
      {"gray", ColorSpec::gray},
      {"unchanged", ColorSpec::unchanged},
      {"ycc", ColorSpec::sycc}};
  verb->add_option("--color", options->color, "rgb (default; gray for .pgm), gray, unchanged, ycc")
      ->transform(CLI::CheckedTransformer(colors, CLI::ignore_case).description(""))
      ->type_name("COLOR");
  verb->add_option("--image", options->image_idx, "Which image of a file with several, from 0")
      ->type_name("N");
  verb->add_flag("--any-depth", options->any_depth,
                 "Keep the file's sample type instead of 8 bits");
  verb->add_flag("--no-orientation", options->no_orientation, "Leave the image as it is stored");
  add_upsampling(*verb, options->fancy);
  verb->add_flag("--partial", options->partial, "Accept a damaged file and tell what is missing");
  options->codec.add_to(*verb);
  verb->footer(kFooter);
  verb->callback([&action, options] { action = [options] { return run(*options); }; });
}

}  // namespace glimt::cli
