// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// glimt pyramid: a tiled TIFF with smaller and smaller copies of an image.
#include "slide/pyramid.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/codecs.h"
#include "cli/files.h"
#include "cli/parallel.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "cli/tiff_options.h"
#include "cli/verbs.h"

namespace glimt::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFooter =
    R"(IN is any image, or a slide, of which the largest level is taken. It is read in bands of a few rows of
tiles, so that its size does not matter. Each level is half as large as the one before, by the mean
of two by two pixels, until one fits a tile. Samples, channels, ICC profile and resolution are kept.
OUT.ome.tif is OME-TIFF, with the levels as SubIFDs; OUT.tif has them as pages, which OpenSlide
and others read as a generic tiled slide. OUT appears whole or not at all.

Examples:
  glimt pyramid photo.png photo.tif
  glimt pyramid slide.svs slide.ome.tif --compression jpeg --quality 85 --tile 256
  glimt pyramid elevation.tif levels.tif --compression zstd --levels 4)";

struct Options {
  std::string in, out;
  std::uint32_t levels = 0;
  TiffOptions tiff{TiffCompression::deflate, 512};
  std::optional<float> quality;
  bool subifds = false, pages = false, bigtiff = false, overwrite = false, quiet = false;
  CodecOptions codec;
};

bool is_ome(const std::string& out) { return extension_of(fs::path(out).stem()) == ".ome"; }

slide::PyramidRequest request_of(const Options& options) {
  slide::PyramidRequest request;
  request.ome = is_ome(options.out);
  request.subifds = request.ome ? true : options.subifds;
  request.levels = options.levels;
  request.codec = options.codec.config(upsampling(true));
  EncodeParams& params = request.params;
  options.tiff.apply_to(params);
  if (options.bigtiff) params.tiff.bigtiff = true;
  if (options.quality) {
    params.quality_type = QualityType::quality;
    params.quality_value = *options.quality;
  }
  return request;
}

void check(const Options& options) {
  const std::string extension = extension_of(options.out);
  if (extension != ".tif" && extension != ".tiff") {
    throw UsageError(
        fmt::format("a pyramid is a TIFF file: end '{}' in .tif or .ome.tif", options.out));
  }
  if (options.subifds && options.pages) {
    throw UsageError("--subifds and --pages exclude each other; give one of them");
  }
  if (options.pages && is_ome(options.out)) {
    throw UsageError("OME-TIFF has its levels in SubIFDs; name the output .tif for --pages");
  }
  options.tiff.check(options.quality.has_value());
  std::error_code error;
  if (!fs::exists(options.out, error)) return;
  if (same_place(options.in, options.out)) throw UsageError("OUT is IN; choose another name");
  if (!options.overwrite) {
    throw UsageError(fmt::format("{} exists; add --overwrite to replace it", options.out));
  }
}

int run(const Options& options) {
  check(options);
  finish_on_interrupt();
  const Stopwatch watch;
  std::unique_ptr<Progress> bar;
  std::uint64_t shown = 0;
  const auto progress = [&](std::uint64_t done, std::uint64_t total) {
    if (!bar) bar = std::make_unique<Progress>("building levels", total);
    for (; shown < done; ++shown) bar->advance();
    return !interrupted();
  };
  const Result<CodeStream> source = CodeStream::open(options.in);
  const Result<slide::PyramidSummary> summary =
      source.ok() ? slide::write_pyramid(*source, options.out, request_of(options), progress)
                  : Result<slide::PyramidSummary>(source.status());
  bar.reset();
  if (!summary.ok()) {
    fmt::print(stderr, "glimt pyramid: {}: {}\n", options.in,
               interrupted() ? "interrupted; nothing was written" : summary.status().text());
    return kSomeFailed;
  }
  if (!summary->lost.empty()) {
    fmt::print(stderr, "glimt pyramid: {}: {}\n", options.in, summary->lost);
  }
  if (options.quiet) return kSuccess;
  std::error_code error;
  fmt::print("{}: {} level{}, {} to {}, {} in {} s\n", options.out, summary->levels,
             summary->levels == 1 ? "" : "s", pixels_text(summary->width, summary->height),
             pixels_text(summary->last_width, summary->last_height),
             bytes_text(fs::file_size(options.out, error)), number_text(watch.ms() / 1000));
  return kSuccess;
}

}  // namespace

void add_pyramid(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_subcommand("pyramid", "Build a tiled TIFF with smaller copies");
  verb->add_option("IN", options->in, "The image, or a slide")->required()->type_name("");
  verb->add_option("OUT", options->out, "OUT.ome.tif or OUT.tif")->required()->type_name("");
  options->tiff.add_to(
      *verb, "deflate (default), zstd, lzw, lzma, packbits, lerc, none; jpeg, jpeg2k, webp",
      "Pixels of a tile's side, a multiple of 16; default 512");
  verb->add_option("--quality", options->quality, "1 to 100, of jpeg, jpeg2k and webp")
      ->check(CLI::Range(1.0, 100.0).description(""))
      ->type_name("Q");
  verb->add_option("--levels", options->levels, "At most so many, the whole image counted")
      ->check(CLI::PositiveNumber.description(""))
      ->type_name("N");
  verb->add_flag("--subifds", options->subifds, "Levels as SubIFDs of the first page");
  verb->add_flag("--pages", options->pages, "Levels as pages (the default of OUT.tif)");
  verb->add_flag("--bigtiff", options->bigtiff, "BigTIFF, even when the file is small");
  verb->add_flag("--overwrite", options->overwrite, "Replace OUT if it exists");
  verb->add_flag("-q,--quiet", options->quiet, "No summary; failures are still told");
  options->codec.add_to(*verb);
  verb->footer(kFooter);
  verb->callback([&action, options] { action = [options] { return run(*options); }; });
}

}  // namespace glimt::cli
