// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// glimt demo: what tools/demo runs. Decodes the samples, encodes each to every format, decodes that
// again, and leaves the files, a table and a contact sheet.
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/codecs.h"
#include "cli/files.h"
#include "cli/progress.h"
#include "cli/psnr.h"
#include "cli/sheet_cell.h"
#include "cli/table.h"
#include "cli/target.h"
#include "cli/text.h"
#include "cli/verbs.h"

namespace glimt::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kRounds = 5;

struct Options {
  std::string samples, out;
};

/// A format to encode to, and how.
struct Trial {
  std::string_view target, label;
  QualityType quality_type;
  float quality;
  bool ht = false;
};
constexpr std::array<Trial, 8> kTrials = {{
    {".jpg", "q90", QualityType::quality, 90},
    {".webp", "q90", QualityType::quality, 90},
    {".webp", "lossless", QualityType::lossless, 0},
    {".png", "lossless", QualityType::standard, 0},
    {".jp2", "lossless", QualityType::lossless, 0},
    {".jph", "ht", QualityType::lossless, 0, true},
    {".bmp", "plain", QualityType::standard, 0},
    {".pam", "plain", QualityType::standard, 0},
}};

class Demo {
 public:
  explicit Demo(const Options& options)
      : out_(options.out),
        inputs_(expand({options.samples})),
        decoder_(Decoder::make(config()).value()),
        encoder_(Encoder::make(config()).value()) {}

  int run();

 private:
  static CodecConfig config() {
    CodecOptions options;
    return options.one_thread_config(upsampling(true));
  }
  Status decode_sample(const Input& input);
  Status encode_sample(const Input& input, const Trial& trial);
  void add_row(std::string file, std::string_view step, std::string_view format,
               std::uint64_t bytes, const ImageSpec& spec, std::string backend, double ms,
               std::string psnr);
  void tell(const std::string& path, const Status& status);

  fs::path out_;
  Inputs inputs_;
  Decoder decoder_;
  Encoder encoder_;
  Table table_{{{"file"},
                {"step"},
                {"format"},
                {"bytes", Align::right},
                {"pixels", Align::right},
                {"samples"},
                {"backend"},
                {"ms", Align::right},
                {"MP/s", Align::right},
                {"PSNR dB", Align::right}}};
  std::size_t files_ = 0, failures_ = 0;
};

void Demo::add_row(std::string file, std::string_view step, std::string_view format,
                   std::uint64_t bytes, const ImageSpec& spec, std::string backend, double ms,
                   std::string psnr) {
  const double megapixels =
      static_cast<double>(spec.width) * static_cast<double>(spec.height) / 1e6;
  table_.add({std::move(file), std::string(step), std::string(format), std::to_string(bytes),
              pixels_text(spec.width, spec.height),
              samples_text(spec.type, spec.precision, spec.channels), std::move(backend),
              number_text(ms), number_text(megapixels / ms * 1000), std::move(psnr)});
}

void Demo::tell(const std::string& path, const Status& status) {
  if (status.ok()) return;
  ++failures_;
  fmt::print(stderr, "glimt demo: {}: {}\n", path, status.text());
}

Status Demo::decode_sample(const Input& input) {
  const Result<CodeStream> stream = CodeStream::open(input.path);
  if (!stream.ok()) return stream.status();
  const Result<ImageInfo> info = stream->info();
  if (!info.ok()) return info.status();
  Result<Decoded> decoded = decode_image(decoder_, *stream, {});
  if (!decoded.ok()) return decoded.status();
  const Result<double> ms = median_ms(
      [&] { return decode_image(decoder_, *stream, {}, decoded->image).status(); }, kRounds);
  if (!ms.ok()) return ms.status();
  ImageSpec stored = decoded->image.spec();  // upright, but with the samples of the file
  stored.type = info->type;
  stored.precision = info->precision;
  stored.channels = info->channels;
  add_row(input.relative.string(), "decode", info->codec_name, stream->bytes().size(), stored,
          decoded->backend, *ms, "-");
  return {};
}

Status Demo::encode_sample(const Input& input, const Trial& trial) {
  const Result<CodeStream> stream = CodeStream::open(input.path);
  if (!stream.ok()) return stream.status();
  const Result<ImageInfo> info = stream->info();
  if (!info.ok()) return info.status();
  const Result<Target> target = target_of(trial.target);
  if (!target.ok()) return target.status();
  const DecodePlan plan = plan_decode(*target, *info);
  const Result<Decoded> sample = decode_image(decoder_, *stream, plan.params);
  if (!sample.ok()) return sample.status();

  EncodeParams params;
  params.quality_type = trial.quality_type;
  if (trial.quality > 0) params.quality_value = trial.quality;
  params.jpeg2k.ht = trial.ht;
  const std::array<Encoder::Item, 1> items = {Encoder::Item{sample->image, {}}};
  std::vector<EncodeResult> encoded;
  const Result<double> ms = median_ms(
      [&] {
        encoded = encoder_.encode(items, target->extension, params);
        return encoded.front().status;
      },
      kRounds);
  if (!ms.ok()) return ms.status();
  const Bytes bytes = encoded.front().bytes.bytes();
  // "rocket.jpg" becomes "rocket_jpg_q90.webp": there may be a rocket.bmp as well.
  const std::string name =
      fmt::format("{}_{}_{}{}", input.relative.stem().string(),
                  extension_of(input.relative).substr(1), trial.label, trial.target);
  if (const Status status = write_file((out_ / name).string(), bytes); !status.ok()) return status;
  ++files_;

  DecodeParams again = plan.params;
  again.apply_exif_orientation = false;
  const Result<Decoded> back =
      decode_image(decoder_, CodeStream::from_bytes(bytes, nullptr), again);
  if (!back.ok()) return back.status();
  const Result<double> psnr = psnr_db(sample->image, back->image);
  if (!psnr.ok()) return psnr.status();
  const auto& attempts = encoded.front().attempts;
  add_row(name, "encode", target->codec, bytes.size(), sample->image.spec(),
          attempts.empty() ? "-" : std::string(attempts.back().backend), *ms, psnr_text(*psnr));
  return {};
}

int Demo::run() {
  if (inputs_.files.empty()) {
    fmt::print(stderr, "glimt demo: the samples folder holds no image\n");
    return kSomeFailed;
  }
  fs::create_directories(out_);
  {
    Progress progress("decoding and encoding the samples", inputs_.files.size());
    for (const Input& input : inputs_.files) tell(input.path, decode_sample(input));
    for (const Input& input : inputs_.files) {
      for (const Trial& trial : kTrials) {
        tell(fmt::format("{} to {} ({})", input.path, trial.target, trial.label),
             encode_sample(input, trial));
      }
      progress.advance();
    }
  }
  const std::string text = table_.text();
  fmt::print("{}", text);
  write_file((out_ / "table.txt").string(),
             {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()})
      .check();

  const SheetLayout layout;
  Lettering lettering = Lettering::open({}).value();
  std::vector<Cell> cells(inputs_.files.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    tell(inputs_.files[i].path, make_cell(decoder_, inputs_.files[i], layout, cells[i]));
  }
  Picture sheet = draw_sheet(cells, layout, lettering);
  encoder_.write((out_ / "contact-sheet.png").string(), sheet.image()).check();
  fmt::print(
      "One thread; ms are medians. 'decode' is to 8-bit RGB; PSNR compares what was encoded with "
      "what decodes from the new file, at its depth.\n{}: {} files, table.txt, contact-sheet.png\n",
      out_.string(), files_);
  return failures_ == 0 ? kSuccess : kSomeFailed;
}

}  // namespace

void add_demo(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      program.add_subcommand("demo", "Decode the samples and encode them to every format");
  verb->group("");  // for 'make demo'
  verb->add_option("SAMPLES", options->samples, "Folder of images")->required()->type_name("");
  verb->add_option("OUT", options->out, "Folder for the results")->required()->type_name("");
  verb->callback([&action, options] { action = [options] { return Demo(*options).run(); }; });
}

}  // namespace glimt::cli
