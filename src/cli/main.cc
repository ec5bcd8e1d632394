// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>
#include <string>

#include <fmt/format.h>

#include "cli/verbs.h"
#include "glimt/glimt.h"

namespace glimt::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  glimt info photo.jpg scan.png             what the headers say
  glimt decode photo.jpg -o photo.png       pixels out of any format
  glimt convert photos/ web/ --to webp      a whole folder, on all cores
  glimt sheet photos/ -o sheet.png          thumbnails in a grid
  glimt tiles slide.svs --level 1 -o tiles/ parts of a slide as files
  glimt pyramid photo.png photo.ome.tif     a tiled TIFF with smaller copies
  glimt bench photo.jpg                     how fast it decodes here

'glimt VERB --help' tells more. Exit status: 0 all done, 1 some file failed, 2 the request is at fault.)";

std::string version_text() {
  std::string text = fmt::format("glimt {}\n", version());
  for (const bool encodes : {false, true}) {
    text += encodes ? "encoders:" : "decoders:";
    for (const BackendInfo& backend : backends()) {
      if (backend.encodes == encodes) text += fmt::format(" {} ({})", backend.name, backend.codec);
    }
    text += encodes ? "" : "\n";
  }
  return text;
}

int run(int argc, char** argv) {
  CLI::App program(
      "Looks at, decodes and converts images: JPEG, JPEG 2000, TIFF, PNG, WebP, BMP, PNM.",
      "glimt");
  program.footer(kExamples);
  program.require_subcommand(1);
  program.set_version_flag("--version", version_text, "Print the version and the backends");
  program.get_formatter()->column_width(34);

  Action action;
  for (const auto add : {add_info, add_decode, add_convert, add_sheet, add_bench, add_tiles,
                         add_pyramid, add_demo}) {
    add(program, action);
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kSuccess : kUsage;
  }
  return action();
}

}  // namespace
}  // namespace glimt::cli

int main(int argc, char** argv) {
  using namespace glimt::cli;
  try {
    return run(argc, argv);
  } catch (const UsageError& error) {
    fmt::print(stderr, "glimt: {}\n", error.what());
    return kUsage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "glimt: {}\n", error.what());
    return kSomeFailed;
  }
}
