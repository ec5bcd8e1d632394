// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// glimt sheet: thumbnails of many files in one picture.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/codecs.h"
#include "cli/files.h"
#include "cli/parallel.h"
#include "cli/progress.h"
#include "cli/sheet_cell.h"
#include "cli/target.h"
#include "cli/text.h"
#include "cli/verbs.h"

namespace glimt::cli {
namespace {

constexpr const char* kFooter =
    R"(Each thumbnail stands over the file's name, format, size in pixels and bytes, and the time it took
to decode. A file that cannot be decoded keeps its place, with the reason. The extension of OUT says
the format of the sheet.

Examples:
  glimt sheet photos/ -o sheet.png
  glimt sheet a.jpg b.webp -o pair.jpg --columns 2 --width 1000)";

struct Options {
  std::vector<std::string> paths;
  std::string out, font;
  SheetLayout layout;
  CodecOptions codec;
};

int run(const Options& options) {
  const Inputs inputs = expand(options.paths);
  if (inputs.files.empty()) {
    fmt::print(stderr, "glimt sheet: no image files found in {}\n", options.paths.front());
    return kSomeFailed;
  }
  const Result<Target> target = target_of(extension_of(options.out));
  if (!target.ok()) throw UsageError(target.status().message());
  if (options.layout.cell_width() < 80) {
    throw UsageError(
        "the columns are too narrow for text; take a larger --width or fewer --columns");
  }
  Lettering lettering = Lettering::open(options.font).value();
  const Decoder decoder = Decoder::make(options.codec.one_thread_config(upsampling(true))).value();
  warn_of_unknown("sheet", decoder.unknown_options());

  std::vector<Cell> cells(inputs.files.size());
  std::vector<Status> failures(inputs.files.size());
  {
    Progress progress("decoding", cells.size());
    for_each_file(cells.size(), options.codec.threads, [&](std::size_t i) {
      failures[i] = make_cell(decoder, inputs.files[i], options.layout, cells[i]);
      progress.advance();
    });
  }
  Picture sheet = draw_sheet(cells, options.layout, lettering);
  const Encoder encoder = Encoder::make(options.codec.config()).value();
  encoder.write(options.out, sheet.image(), target->extension).check();

  bool all = true;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (failures[i].ok()) continue;
    all = false;
    fmt::print(stderr, "glimt sheet: {}: {}\n", inputs.files[i].path, failures[i].text());
  }
  fmt::print(
      "{}: {}, {} of {} files shown\n", options.out, pixels_text(sheet.width, sheet.height),
      std::count_if(failures.begin(), failures.end(), [](const Status& s) { return s.ok(); }),
      cells.size());
  return all ? kSuccess : kSomeFailed;
}

}  // namespace

void add_sheet(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_subcommand("sheet", "Draw a contact sheet: thumbnails in a grid");
  verb->add_option("IN", options->paths, "Files, folders or globs")->required()->type_name("");
  verb->add_option("-o,--out", options->out, "The picture to write; replaced if it exists")
      ->required()
      ->type_name("OUT");
  verb->add_option("--width", options->layout.width, "Width of a full row in pixels")
      ->check(CLI::Range(200, 20000).description(""))
      ->capture_default_str();
  verb->add_option("--columns", options->layout.columns, "Thumbnails in a row, at most")
      ->check(CLI::Range(1, 100).description(""))
      ->capture_default_str();
  verb->add_option("--font", options->font, "TrueType file for the text; default: DejaVu Sans")
      ->type_name("FILE");
  options->codec.add_to(*verb);
  verb->footer(kFooter);
  verb->callback([&action, options] { action = [options] { return run(*options); }; });
}

}  // namespace glimt::cli
