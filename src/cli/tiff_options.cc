// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/tiff_options.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/verbs.h"

namespace glimt::cli {
namespace {

const std::vector<std::pair<std::string, TiffCompression>>& compressions() {
  static const std::vector<std::pair<std::string, TiffCompression>> names = {
      {"none", TiffCompression::none},         {"lzw", TiffCompression::lzw},
      {"deflate", TiffCompression::deflate},   {"zstd", TiffCompression::zstd},
      {"packbits", TiffCompression::packbits}, {"lzma", TiffCompression::lzma},
      {"lerc", TiffCompression::lerc},         {"jpeg", TiffCompression::jpeg},
      {"jpeg2k", TiffCompression::jpeg2k},     {"webp", TiffCompression::webp}};
  return names;
}

}  // namespace

bool TiffOptions::lossy() const {
  return compression == TiffCompression::jpeg || compression == TiffCompression::webp ||
         compression == TiffCompression::jpeg2k;
}

void TiffOptions::check(bool quality_given) const {
  if (quality_given && !lossy()) {
    throw UsageError("--quality is for --compression jpeg, webp or jpeg2k");
  }
  if (tile && (*tile == 0 || *tile % 16 != 0)) {
    throw UsageError(fmt::format("--tile {} is no multiple of 16", *tile));
  }
}

void TiffOptions::add_to(CLI::App& verb, const char* compression_help, const char* tile_help) {
  verb.add_option("--tile", tile, tile_help)->type_name("N");
  verb.add_option("--compression", compression, compression_help)
      ->transform(CLI::CheckedTransformer(compressions(), CLI::ignore_case).description(""))
      ->type_name("NAME");
}

void TiffOptions::apply_to(EncodeParams& params) const {
  if (compression) params.tiff.compression = *compression;
  if (tile) params.tile_width = params.tile_height = *tile;
}

}  // namespace glimt::cli
