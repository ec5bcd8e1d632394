// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// glimt tiles: parts of a level of a slide, each a file of its own.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/codecs.h"
#include "cli/parallel.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/target.h"
#include "cli/text.h"
#include "cli/tile_grid.h"
#include "cli/verbs.h"

namespace glimt::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFooter =
    R"(Levels are those of a slide, of an OME-TIFF, or of any TIFF with smaller copies of its image (--list
shows them); other images have level 0. Coordinates are pixels of the level, from its top left.
Without --region the whole level is cut into tiles. With it each region becomes a file, or, with
--tile-size, is cut into tiles itself. Tiles are read, encoded and written on all cores; files of
the same names are replaced. Names tell what they hold: slide-L0-x000512-y000000-256x256.png.
Formats: {}.

Examples:
  glimt tiles slide.svs --list
  glimt tiles slide.svs --level 1 -o tiles/ --tile-size 512 --format jpg
  glimt tiles slide.svs --region 1000,2000,800,600 --region 0,0,512,512 -o regions/)";

struct Options {
  std::string path, out, format = "png";
  std::size_t level = 0;
  std::vector<std::vector<std::int64_t>> regions;
  std::vector<std::int64_t> tile_size;  ///< none, or one or two numbers
  std::int64_t overlap = 0;
  std::optional<float> quality;
  bool list = false, quiet = false;
  CodecOptions codec;
};

std::string factor_text(double factor) { return fmt::format("{:.4g}", factor); }

void print_list(const SlideInfo& info) {
  Table table({{"level", Align::right},
               {"pixels", Align::right},
               {"downsample", Align::right},
               {"tiles"},
               {"where"}});
  for (std::size_t i = 0; i < info.levels.size(); ++i) {
    const SlideLevel& level = info.levels[i];
    table.add(
        {std::to_string(i), pixels_text(level.width, level.height), factor_text(level.downsample),
         level.tile_width == 0 ? "-" : pixels_text(level.tile_width, level.tile_height),
         level.image_idx ? fmt::format("page {}", *level.image_idx)
                         : fmt::format("SubIFD at byte {}", level.stream.view().bitstream_offset)});
  }
  for (const SlideImage& image : info.associated_images) {
    table.add({image.name, pixels_text(image.width, image.height), "-", "-", "-"});
  }
  fmt::print("{}{}", info.vendor,
             info.mpp_x && info.mpp_y
                 ? fmt::format(", {:.4g} x {:.4g} microns a pixel", *info.mpp_x, *info.mpp_y)
                 : "");
  if (info.magnification) fmt::print(", {:.4g} x", *info.magnification);
  fmt::print("\n{}", table.text());
}

const SlideLevel& level_of(const SlideInfo& info, const Options& options) {
  if (options.level < info.levels.size()) return info.levels[options.level];
  throw UsageError(fmt::format("{} has levels 0 to {}, not {} ('--list' shows them)", options.path,
                               info.levels.size() - 1, options.level));
}

std::vector<TilePlace> plan_tiles(const Options& options, const SlideLevel& level) {
  const bool whole = options.regions.empty();
  TileSize size;
  if (!options.tile_size.empty()) {
    size = {options.tile_size.front(), options.tile_size.back()};
  } else if (whole) {
    constexpr std::int64_t kDefault = 512;
    size = level.tile_width != 0 ? TileSize{level.tile_width, level.tile_height}
                                 : TileSize{kDefault, kDefault};
  }
  std::vector<TilePlace> parts;
  for (const auto& numbers : options.regions) {
    const TilePlace part{numbers[0], numbers[1], numbers[2], numbers[3]};
    if (part.x < 0 || part.y < 0 || part.width < 1 || part.height < 1 ||
        part.x > level.width - part.width || part.y > level.height - part.height) {
      throw UsageError(
          fmt::format("--region {},{},{},{} does not lie within level {}, which has "
                      "{} pixels; it takes X,Y,WIDTH,HEIGHT",
                      part.x, part.y, part.width, part.height, options.level,
                      pixels_text(level.width, level.height)));
    }
    parts.push_back(part);
  }
  if (whole) parts.push_back({0, 0, level.width, level.height});
  std::vector<TilePlace> tiles;
  for (const TilePlace& part : parts) {
    cut(part, size, options.overlap, {level.width, level.height}, tiles);
  }
  return tiles;
}

struct Codecs {
  Decoder decoder;
  Encoder encoder;
  Target target;
  DecodeParams decode;
  EncodeParams encode;
};

Status write_tile(const Codecs& codecs, const CodeStream& level, const TilePlace& tile,
                  const fs::path& path) {
  StreamView view = level.view();
  view.region = Region{static_cast<std::int32_t>(tile.y),
                       static_cast<std::int32_t>(tile.x),
                       static_cast<std::int32_t>(tile.y + tile.height),
                       static_cast<std::int32_t>(tile.x + tile.width),
                       {}};
  const Result<CodeStream> part = level.sub_stream(view);
  if (!part.ok()) return part.status();
  const Result<Decoded> decoded = decode_image(codecs.decoder, *part, codecs.decode);
  if (!decoded.ok()) return decoded.status();
  return codecs.encoder.write(path.string(), decoded->image, codecs.target.extension,
                              codecs.encode);
}

/// What the target holds of the level's samples.
Codecs codecs_of(const Options& options, const ImageInfo& info) {
  const Result<Target> target = target_of(options.format);
  if (!target.ok()) throw UsageError(target.status().message());
  const CodecConfig config = options.codec.one_thread_config(upsampling(true));
  Codecs codecs{Decoder::make(config).value(), Encoder::make(config).value(), *target, {}, {}};
  codecs.decode = plan_decode(*target, info).params;
  // A turned tile would not fit its neighbours.
  codecs.decode.apply_exif_orientation = false;
  if (options.quality) {
    constexpr std::array<std::string_view, 3> kLossy = {"jpeg", "jpeg2k", "webp"};
    if (std::find(kLossy.begin(), kLossy.end(), target->codec) == kLossy.end()) {
      throw UsageError(fmt::format("--quality means nothing for {}", target->codec));
    }
    codecs.encode.quality_type = QualityType::quality;
    codecs.encode.quality_value = *options.quality;
  }
  return codecs;
}

int write_all(const Options& options, const SlideLevel& level) {
  const std::vector<TilePlace> tiles = plan_tiles(options, level);
  const Codecs codecs = codecs_of(options, level.stream.info().value());
  warn_of_unknown("tiles", codecs.decoder.unknown_options());
  std::error_code error;
  fs::create_directories(options.out, error);
  if (error) {
    throw std::runtime_error(
        fmt::format("cannot make the folder {}: {}", options.out, error.message()));
  }
  const NamePattern names(fs::path(options.path).stem().string(), options.level,
                          {level.width, level.height}, codecs.target.extension);

  finish_on_interrupt();
  const Stopwatch watch;
  std::vector<Status> results(tiles.size());
  std::size_t begun = 0;
  {
    Progress progress("writing tiles", tiles.size());
    begun = for_each_file(tiles.size(), options.codec.threads, [&](std::size_t i) {
      try {
        results[i] =
            write_tile(codecs, level.stream, tiles[i], fs::path(options.out) / names(tiles[i]));
      } catch (const std::exception& failure) {
        results[i] = Status(Code::out_of_memory, failure.what());
      }
      progress.advance();
    });
  }
  std::size_t failed = 0;
  for (std::size_t i = 0; i < begun; ++i) {
    if (results[i].ok()) continue;
    ++failed;
    fmt::print(stderr, "glimt tiles: {}: {}\n", names(tiles[i]), results[i].text());
  }
  if (!options.quiet) {
    fmt::print("{}: {} of {} files of level {} ({}) in {} s{}\n", options.out, begun - failed,
               tiles.size(), options.level, pixels_text(level.width, level.height),
               number_text(watch.ms() / 1000), begun < tiles.size() ? "; interrupted" : "");
  }
  return failed == 0 && begun == tiles.size() ? kSuccess : kSomeFailed;
}

int run(const Options& options) {
  if (!options.list && options.out.empty()) {
    throw UsageError("where to? add -o FOLDER, or --list to see the levels");
  }
  const Result<CodeStream> stream = CodeStream::open(options.path);
  const Result<SlideInfo> info = stream.ok() ? slide_info(*stream) : stream.status();
  if (!info.ok()) {
    fmt::print(stderr, "glimt tiles: {}: {}\n", options.path, info.status().text());
    return kSomeFailed;
  }
  if (options.list) {
    print_list(*info);
    return kSuccess;
  }
  return write_all(options, level_of(*info, options));
}

}  // namespace

void add_tiles(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_subcommand("tiles", "Write parts of a slide's level as files");
  verb->add_option("FILE", options->path, "The slide, or any image")->required()->type_name("");
  verb->add_option("-o,--out", options->out, "Folder for the files; made when missing")
      ->type_name("FOLDER");
  verb->add_flag("--list", options->list, "Show levels and associated images, and write nothing");
  verb->add_option("--level", options->level, "Which level, from 0, the largest")->type_name("N");
  verb->add_option("--region", options->regions,
                   "X,Y,WIDTH,HEIGHT in pixels of the level; may be repeated")
      ->delimiter(',')
      ->type_size(4)
      ->expected(1, CLI::detail::expected_max_vector_size)
      ->type_name("X,Y,W,H");
  verb->add_option("--tile-size", options->tile_size,
                   "Pixels of a tile, WIDTH or WIDTH,HEIGHT; default: the file's own, or 512")
      ->delimiter(',')
      ->expected(1, 2)
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 30).description(""))
      ->type_name("W[,H]");
  verb->add_option("--overlap", options->overlap,
                   "Pixels of its neighbours that a tile has on each side")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 30).description(""))
      ->type_name("N");
  verb->add_option("--format", options->format, "Format of the files; default: png")
      ->type_name("FORMAT");
  verb->add_option("--quality", options->quality, "1 to 100, of lossy formats")
      ->check(CLI::Range(1.0, 100.0).description(""))
      ->type_name("Q");
  verb->add_flag("-q,--quiet", options->quiet, "No summary; failures are still told");
  options->codec.add_to(*verb);
  verb->footer(fmt::format(kFooter, target_names()));
  verb->callback([&action, options] { action = [options] { return run(*options); }; });
}

}  // namespace glimt::cli
