// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// glimt convert: files into another format.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/result.h"
#include "cli/codecs.h"
#include "cli/files.h"
#include "cli/metadata.h"
#include "cli/parallel.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/target.h"
#include "cli/text.h"
#include "cli/tiff_options.h"
#include "cli/verbs.h"

namespace glimt::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFooter =
    R"(OUT is a file when IN is one file, and a folder otherwise (made when missing; the folders below
IN are kept). Files are read, decoded, encoded and written on all cores; each appears whole or not
at all. A bad file is listed with its reason and does not stop the others.
Depth (16 bits, more in TIFF) and alpha are kept where the new format holds them; the table says
what was lost. The image is turned upright as its EXIF block says, whose orientation then says that
it is. EXIF, ICC profile, XMP, IPTC, texts and resolution go along where the new format holds them;
--strip leaves them out.
Formats: {}.

Examples:
  glimt convert photo.png photo.jpg --quality 90 --subsampling 420
  glimt convert photos/ web/ --to webp --quality 80 --skip-existing
  glimt convert 'scans/*.png' archive/ --to jp2 --lossless --ht
  glimt convert map.png map.tif --compression deflate --tile 256)";

struct Options {
  std::vector<std::string> paths;  ///< the last one is OUT
  std::string to;
  std::optional<float> quality;
  std::optional<ChromaSubsampling> subsampling;
  TiffOptions tiff;
  bool lossless = false, progressive = false, optimize = false, ht = false;
  int level = PngEncodeParams{}.level;
  bool overwrite = false, skip_existing = false, no_orientation = false, strip = false,
       quiet = false;
  CodecOptions codec;
};

/// One file's way, and what became of it.
struct Task {
  Input input;
  fs::path out;
  Status refusal;  ///< why it must not be written at all, found before anything is

  bool begun = false, skipped = false;
  Status status;
  std::string pixels, remark;
  std::uint64_t in_bytes = 0, out_bytes = 0;
  double ms = 0;
};

EncodeParams encode_params(const Options& options) {
  EncodeParams params;
  if (options.lossless) params.quality_type = QualityType::lossless;
  if (options.quality) {
    params.quality_type = QualityType::quality;
    params.quality_value = *options.quality;
  }
  params.chroma_subsampling = options.subsampling;
  params.jpeg.progressive = options.progressive;
  params.jpeg.optimized_huffman = options.optimize;
  params.jpeg2k.ht = options.ht;
  params.png.level = options.level;
  options.tiff.apply_to(params);
  return params;
}

/// Options that mean nothing to the chosen format are a misunderstanding: better said than ignored.
void check_options(const Options& options, const Target& target) {
  struct Rule {
    bool given;
    std::string_view option;
    std::vector<std::string_view> codecs;
  };
  const std::vector<Rule> rules = {
      {options.progressive, "--progressive", {"jpeg"}},
      {options.optimize, "--optimize", {"jpeg"}},
      {options.subsampling.has_value(), "--subsampling", {"jpeg"}},
      {options.ht, "--ht", {"jpeg2k"}},
      {options.level != PngEncodeParams{}.level, "--level", {"png"}},
      {options.tiff.compression.has_value(), "--compression", {"tiff"}},
      {options.tiff.tile.has_value(), "--tile", {"tiff"}},
      {options.quality.has_value(), "--quality", {"jpeg", "jpeg2k", "webp", "tiff"}},
      {options.lossless, "--lossless", {"jpeg2k", "webp", "png", "tiff", "bmp", "pnm"}},
  };
  for (const Rule& rule : rules) {
    const auto& codecs = rule.codecs;
    if (rule.given && std::find(codecs.begin(), codecs.end(), target.codec) == codecs.end()) {
      throw UsageError(fmt::format("{} means nothing for {}; it is for {}", rule.option,
                                   target.codec, fmt::join(codecs, ", ")));
    }
  }
  if (target.codec == "tiff") options.tiff.check(options.quality.has_value());
  if (options.quality && options.lossless) {
    throw UsageError("--quality and --lossless exclude each other; give one of them");
  }
  if (options.overwrite && options.skip_existing) {
    throw UsageError("--overwrite and --skip-existing exclude each other; give one of them");
  }
}

/// A single file goes to a file unless OUT says folder; everything else goes to a folder.
bool out_is_folder(const std::string& out, const Inputs& inputs) {
  std::error_code error;
  return inputs.files.size() != 1 || inputs.any_folder || out.ends_with('/') ||
         fs::is_directory(out, error);
}

Target choose_target(const Options& options, const std::string& out, bool folder) {
  std::string name = options.to;
  if (name.empty()) {
    name = folder ? "" : extension_of(out);
    if (name.empty()) {
      throw UsageError(
          fmt::format("which format? '{}' has no extension that tells; add --to with one of {}",
                      out, target_names()));
    }
  }
  Result<Target> target = target_of(name);
  if (!target.ok()) throw UsageError(target.status().message());
  return std::move(*target);
}

/// Where each file goes. Outputs that would overwrite each other, or a file still to be read, are
/// refused.
std::vector<Task> plan_tasks(const Inputs& inputs, const fs::path& out, bool folder,
                             const Target& target) {
  std::map<std::string, std::string> inputs_by_place;
  for (const Input& input : inputs.files) inputs_by_place[place_of(input.path)] = input.path;

  std::vector<Task> tasks;
  std::map<std::string, std::string> taken;
  for (const Input& input : inputs.files) {
    Task task;
    task.input = input;
    task.out = folder ? out / input.relative : out;
    if (folder) task.out.replace_extension(target.extension);
    const std::string place = place_of(task.out);
    const auto [other, is_free] = taken.emplace(place, input.path);
    const auto source = inputs_by_place.find(place);
    if (!is_free) {
      task.refusal = Status(Code::bad_argument,
                            fmt::format("its output {} is that of {} too; convert it on its own",
                                        task.out.string(), other->second));
    } else if (source != inputs_by_place.end() && source->second != input.path) {
      task.refusal =
          Status(Code::bad_argument,
                 fmt::format("its output would replace the input {}; choose another folder",
                             source->second));
    }
    tasks.push_back(std::move(task));
  }
  return tasks;
}

struct Codecs {
  Decoder decoder;
  Encoder encoder;
  Target target;
  EncodeParams params;
};

void remark(std::string& remarks, const std::string& what) {
  if (!what.empty()) remarks += (remarks.empty() ? "" : ", ") + what;
}

/// Encodes with the metadata of the file that the image came from.
Result<EncodedBytes> encode_image(const Codecs& codecs, const Options& options,
                                  const CodeStream& stream, const ImageInfo& info,
                                  const Image& image, std::string& remarks) {
  EncodeParams params = codecs.params;
  if (!options.strip) {
    Carried carried = carry_metadata(codecs.decoder, stream, info, image.spec().channels,
                                     codecs.target, !options.no_orientation);
    params.metadata = std::move(carried.blocks);
    params.orientation = carried.orientation;
    remark(remarks, carried.lost);
  } else if (options.no_orientation && info.orientation != Orientation::top_left) {
    remark(remarks, "orientation");
  }
  const Encoder::Item item{image, {}};
  std::vector<EncodeResult> results =
      codecs.encoder.encode(std::span(&item, 1), codecs.target.extension, params);
  if (!results[0].status.ok()) return results[0].status;
  remark(remarks, results[0].note);
  return std::move(results[0].bytes);
}

Status convert_image(const Codecs& codecs, const Options& options, Task& task) {
  const Result<CodeStream> stream = CodeStream::open(task.input.path);
  if (!stream.ok()) return stream.status();
  task.in_bytes = stream->bytes().size();
  const Result<ImageInfo> info = stream->info();
  if (!info.ok()) return info.status();

  DecodePlan plan = plan_decode(codecs.target, *info);
  plan.params.apply_exif_orientation = !options.no_orientation;
  const Result<Decoded> decoded = decode_image(codecs.decoder, *stream, plan.params);
  if (!decoded.ok()) return decoded.status();
  const ImageSpec& spec = decoded->image.spec();
  task.pixels = pixels_text(spec.width, spec.height);
  task.remark = plan.lost;
  if (info->num_images > 1) {
    remark(task.remark, fmt::format("first of {} images", info->num_images));
  }

  GLIMT_TRY(const EncodedBytes encoded,
            encode_image(codecs, options, *stream, *info, decoded->image, task.remark));
  task.out_bytes = encoded.bytes().size();
  std::error_code error;
  if (task.out.has_parent_path()) fs::create_directories(task.out.parent_path(), error);
  if (error) {
    return {Code::bad_argument, fmt::format("cannot make the folder {}: {}",
                                            task.out.parent_path().string(), error.message())};
  }
  return write_file(task.out.string(), encoded.bytes());
}

void run_task(const Codecs& codecs, const Options& options, Task& task) noexcept {
  task.begun = true;
  const Stopwatch watch;
  try {
    std::error_code error;
    const bool exists = fs::exists(task.out, error);
    if (!task.refusal.ok()) {
      task.status = task.refusal;
    } else if (exists && options.skip_existing) {
      task.skipped = true;
    } else if (exists && !options.overwrite) {
      task.status =
          Status(Code::bad_argument, fmt::format("{} exists; add --overwrite to replace it or "
                                                 "--skip-existing to leave it",
                                                 task.out.string()));
    } else {
      task.status = convert_image(codecs, options, task);
    }
  } catch (const std::exception& failure) {
    task.status = Status(Code::out_of_memory, failure.what());
  }
  task.ms = watch.ms();
}

std::string table_of(const std::vector<Task>& tasks) {
  Table table({{"file"},
               {"output"},
               {"pixels", Align::right},
               {"in", Align::right},
               {"out", Align::right},
               {"ratio", Align::right},
               {"ms", Align::right},
               {"lost"}});
  for (const Task& task : tasks) {
    if (!task.begun || task.skipped || !task.status.ok()) continue;
    table.add({task.input.path, task.out.string(), task.pixels, bytes_text(task.in_bytes),
               bytes_text(task.out_bytes),
               fmt::format("{:.2f}", static_cast<double>(task.out_bytes) /
                                         static_cast<double>(task.in_bytes)),
               number_text(task.ms), task.remark});
  }
  return table.empty() ? "" : table.text();
}

int report(const std::vector<Task>& tasks, const Options& options, const Inputs& inputs,
           double total_ms) {
  std::size_t done = 0, skipped = 0, failed = 0, not_begun = 0;
  std::uint64_t in_bytes = 0, out_bytes = 0;
  for (const Task& task : tasks) {
    if (!task.begun) {
      ++not_begun;
    } else if (!task.status.ok()) {
      ++failed;
      fmt::print(stderr, "glimt convert: {}: {}\n", task.input.path, task.status.text());
    } else if (task.skipped) {
      ++skipped;
    } else {
      ++done;
      in_bytes += task.in_bytes;
      out_bytes += task.out_bytes;
    }
  }
  if (!options.quiet) {
    fmt::print("{}", table_of(tasks));
    fmt::print("converted {} of {} files in {} s: {} -> {}", done, tasks.size(),
               number_text(total_ms / 1000), bytes_text(in_bytes), bytes_text(out_bytes));
    const auto tell = [](std::size_t count, std::string_view what) {
      if (count > 0) fmt::print("; {} {}", count, what);
    };
    tell(failed, "failed");
    tell(skipped, "left as they were");
    tell(not_begun, "not begun (interrupted)");
    tell(inputs.others_skipped, "of other types passed over");
    fmt::print("\n");
  }
  return failed + not_begun == 0 ? kSuccess : kSomeFailed;
}

int run(const Options& options) {
  if (options.paths.size() < 2) {
    throw UsageError("convert wants an input and an output: glimt convert IN... OUT");
  }
  const std::string out = options.paths.back();
  const std::vector<std::string> sources(options.paths.begin(), options.paths.end() - 1);
  const Inputs inputs = expand(sources, out);
  if (inputs.files.empty()) {
    fmt::print(stderr, "glimt convert: no image files found in {}\n", sources.front());
    return kSomeFailed;
  }
  const bool folder = out_is_folder(out, inputs);
  std::error_code error;
  if (folder && fs::exists(out, error) && !fs::is_directory(out, error)) {
    throw UsageError(fmt::format("several files go into a folder, and '{}' is a file", out));
  }
  const Target target = choose_target(options, out, folder);
  check_options(options, target);

  const bool several = inputs.files.size() > 1;
  const CodecConfig config = several ? options.codec.one_thread_config(upsampling(true))
                                     : options.codec.config(upsampling(true));
  const Codecs codecs{Decoder::make(config).value(), Encoder::make(config).value(), target,
                      encode_params(options)};
  std::vector<Task> tasks = plan_tasks(inputs, out, folder, target);

  finish_on_interrupt();
  const Stopwatch watch;
  {
    Progress progress("converting", tasks.size());
    for_each_file(tasks.size(), options.codec.threads, [&](std::size_t i) {
      run_task(codecs, options, tasks[i]);
      progress.advance();
    });
  }
  return report(tasks, options, inputs, watch.ms());
}

}  // namespace

void add_convert(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_subcommand("convert", "Convert files, or folders of them");
  verb->add_option("IN... OUT", options->paths, "Files, folders or globs, and last where they go")
      ->required()
      ->type_name("");
  verb->add_option("--to", options->to, "Format to write; default: what OUT's extension says")
      ->type_name("FORMAT");
  verb->add_option("--quality", options->quality, "1 to 100, for jpeg, webp and jpeg 2000")
      ->check(CLI::Range(1.0, 100.0).description(""))
      ->type_name("Q");
  verb->add_flag("--lossless", options->lossless, "Keep every sample as it is");
  const std::vector<std::pair<std::string, ChromaSubsampling>> layouts = {
      {"444", ChromaSubsampling::css_444},  {"422", ChromaSubsampling::css_422},
      {"420", ChromaSubsampling::css_420},  {"440", ChromaSubsampling::css_440},
      {"411", ChromaSubsampling::css_411},  {"410", ChromaSubsampling::css_410},
      {"gray", ChromaSubsampling::css_gray}};
  verb->add_option("--subsampling", options->subsampling,
                   "Chroma of JPEG: 444 (default), 422, 420, 440, 411, 410 or gray")
      ->transform(CLI::CheckedTransformer(layouts, CLI::ignore_case).description(""))
      ->type_name("CHROMA");
  verb->add_flag("--progressive", options->progressive, "Progressive JPEG");
  verb->add_flag("--optimize", options->optimize,
                 "Huffman tables made for each JPEG: smaller, slower");
  verb->add_option("--level", options->level,
                   "Effort of PNG, 0 to 9; -1 the default, -2 the fastest")
      ->check(CLI::Range(-2, 9).description(""))
      ->type_name("N");
  options->tiff.add_to(*verb,
                       "Of TIFF: lzw (default), deflate, zstd, lzma, packbits, lerc, none; jpeg, "
                       "jpeg2k, webp",
                       "TIFF in tiles of N x N pixels, a multiple of 16, instead of strips");
  verb->add_flag("--ht", options->ht, "High-throughput JPEG 2000 (HTJ2K)");
  verb->add_flag("--overwrite", options->overwrite, "Replace outputs that exist");
  verb->add_flag("--skip-existing", options->skip_existing, "Leave outputs that exist as they are");
  verb->add_flag("--no-orientation", options->no_orientation, "Do not turn images upright");
  verb->add_flag("--strip", options->strip, "Leave out metadata, the ICC profile among them");
  verb->add_flag("-q,--quiet", options->quiet, "No table; failures are still told");
  options->codec.add_to(*verb);
  verb->footer(fmt::format(kFooter, target_names()));
  verb->callback([&action, options] { action = [options] { return run(*options); }; });
}

}  // namespace glimt::cli
