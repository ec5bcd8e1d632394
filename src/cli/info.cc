// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// glimt info: what the headers say.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/files.h"
#include "cli/pages.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/verbs.h"
#include "metadata/summary.h"

namespace glimt::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFooter =
    R"(Reads headers only, so that any number of files is quick. Folders are searched for known formats.
Width and height are as stored; an orientation other than 'top left' says how to turn the image.
Of one file with several images, pages and their SubIFDs follow as a tree.
Metadata are told by kind; of one file with their size and what is telling in them.

Examples:
  glimt info photo.jpg
  glimt info slide.tif
  glimt info --json photos/ | jq '.[] | select(.width > 4000) | .file')";

struct Options {
  std::vector<std::string> paths;
  bool json = false;
};

struct Entry {
  std::string path;
  std::size_t bytes = 0;
  Result<ImageInfo> info;
  std::vector<Page> pages;  ///< when there is one file only
  std::vector<Metadata> metadata;
};

Entry look_at(const Decoder& decoder, const std::string& path, bool with_pages) {
  const Result<CodeStream> stream = CodeStream::open(path);
  if (!stream.ok()) return {path, 0, stream.status(), {}, {}};
  Entry entry{path, stream->bytes().size(), stream->info(), {}, {}};
  if (with_pages) entry.pages = pages_of(*stream);
  // Damage to them is none of the image; convert tells of it.
  if (auto blocks = decoder.metadata(*stream); blocks.ok()) entry.metadata = *std::move(blocks);
  return entry;
}

/// "ICC_PROFILE, EXIF", "XMP" once even if there are two.
std::string kinds_text(const Entry& entry) {
  std::vector<std::string_view> kinds;
  for (const Metadata& block : entry.metadata) {
    const std::string_view kind = glimt::name_of(block.kind);
    if (kinds.empty() || kinds.back() != kind) kinds.push_back(kind);
  }
  return kinds.empty() ? "-" : fmt::format("{}", fmt::join(kinds, ", "));
}

std::string subsampling_text(const ImageInfo& info) {
  return info.chroma_subsampling ? std::string(name_of(*info.chroma_subsampling)) : "-";
}

std::string tiles_text(const ImageInfo& info) {
  if (!info.tiles) return "-";
  const TileGrid& grid = *info.tiles;
  return fmt::format("{} x {} of {}", grid.num_tiles_x, grid.num_tiles_y,
                     pixels_text(grid.tile_width, grid.tile_height));
}

Json json_of(const ImageInfo& info) {
  Json json;
  json["codec"] = info.codec_name;
  json["coding"] = info.coding;
  json["width"] = info.width;
  json["height"] = info.height;
  json["channels"] = info.channels;
  json["dtype"] = glimt::name_of(info.type);
  json["precision"] = info.precision;
  json["color"] = name_of(info.color_spec);
  json["chroma_subsampling"] =
      info.chroma_subsampling ? Json(name_of(*info.chroma_subsampling)) : Json(nullptr);
  json["orientation"] = static_cast<int>(info.orientation);
  json["tiles"] = nullptr;
  if (info.tiles) {
    json["tiles"] = {{"width", info.tiles->tile_width},
                     {"height", info.tiles->tile_height},
                     {"columns", info.tiles->num_tiles_x},
                     {"rows", info.tiles->num_tiles_y}};
  }
  json["images"] = info.num_images;
  return json;
}

/// Facts, or what is wrong.
void add_facts(const Result<ImageInfo>& info, Json& json) {
  if (info.ok()) {
    json.update(json_of(*info));
  } else {
    json["error"] = {{"code", glimt::name_of(info.status().code())},
                     {"message", info.status().message()}};
  }
}

Json json_of(const std::vector<Page>& pages) {
  Json list = Json::array();
  for (const Page& page : pages) {
    Json json;
    json["bytes"] = page.bytes;
    add_facts(page.info, json);
    json.erase("images");
    if (page.info.ok() && page.info->ifd_offset) json["ifd_offset"] = *page.info->ifd_offset;
    if (!page.subifds.empty()) json["subifds"] = json_of(page.subifds);
    list.push_back(std::move(json));
  }
  return list;
}

Json json_of(const std::vector<Metadata>& blocks) {
  Json list = Json::array();
  for (const Metadata& block : blocks) {
    list.push_back({{"kind", glimt::name_of(block.kind)},
                    {"bytes", block.data.size()},
                    {"summary", summary_of(block)}});
  }
  return list;
}

std::string json_text(const std::vector<Entry>& entries) {
  Json list = Json::array();
  for (const Entry& entry : entries) {
    Json json;
    json["file"] = entry.path;
    json["bytes"] = entry.bytes;
    add_facts(entry.info, json);
    if (entry.info.ok()) json["metadata"] = json_of(entry.metadata);
    if (!entry.pages.empty()) json["pages"] = json_of(entry.pages);
    list.push_back(std::move(json));
  }
  // File names need not be UTF-8, JSON must be.
  return list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::vector<std::string> cells_of(const std::string& name, const ImageInfo& info,
                                  const std::string& images, const std::string& kinds,
                                  std::uint64_t bytes) {
  return {name,
          std::string(info.codec_name),
          std::string(info.coding),
          pixels_text(info.width, info.height),
          samples_text(info.type, info.precision, info.channels),
          std::string(name_of(info.color_spec)),
          subsampling_text(info),
          std::string(name_of(info.orientation)),
          tiles_text(info),
          images,
          kinds,
          bytes_text(bytes)};
}

std::string table_text(const std::vector<Entry>& entries) {
  Table table({{"file"},
               {"codec"},
               {"coding"},
               {"pixels", Align::right},
               {"samples"},
               {"color"},
               {"chroma"},
               {"orientation"},
               {"tiles"},
               {"images", Align::right},
               {"metadata"},
               {"size", Align::right}});
  for (const Entry& entry : entries) {
    if (!entry.info.ok()) continue;
    table.add(cells_of(entry.path, *entry.info, std::to_string(entry.info->num_images),
                       kinds_text(entry), entry.bytes));
    for (const TreeLine& line : tree_of(entry.pages)) {
      const Result<ImageInfo>& info = line.page->info;
      table.add(info.ok() ? cells_of(line.text, *info, "", "", line.page->bytes)
                          : std::vector<std::string>{line.text, "-", info.status().text()});
    }
  }
  return table.empty() ? "" : table.text();
}

std::string metadata_text(const Entry& entry) {
  Table table({{"metadata"}, {"size", Align::right}, {"what it tells"}});
  for (const Metadata& block : entry.metadata) {
    table.add({std::string(glimt::name_of(block.kind)), bytes_text(block.data.size()),
               summary_of(block)});
  }
  return table.empty() ? "" : "\n" + table.text();
}

int run(const Options& options) {
  const Inputs inputs = expand(options.paths);
  std::vector<Entry> entries;
  const bool one = inputs.files.size() == 1;
  CodecConfig config;
  config.device_id = CodecConfig::kCpuOnly;
  const Decoder decoder = Decoder::make(config).value();
  for (const Input& input : inputs.files) entries.push_back(look_at(decoder, input.path, one));

  fmt::print("{}", options.json ? json_text(entries) : table_text(entries));
  if (one && !options.json) fmt::print("{}", metadata_text(entries[0]));
  bool all = true;
  for (const Entry& entry : entries) {
    if (entry.info.ok()) continue;
    all = false;
    fmt::print(stderr, "glimt info: {}: {}\n", entry.path, entry.info.status().text());
  }
  if (entries.empty()) {
    fmt::print(stderr, "glimt info: no image files found; name files, or folders that hold some\n");
    return kSomeFailed;
  }
  return all ? kSuccess : kSomeFailed;
}

}  // namespace

void add_info(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_subcommand("info", "Tell what the headers of files say");
  verb->add_option("FILE", options->paths, "Files, folders or globs")->required()->type_name("");
  verb->add_flag("--json", options->json, "Write a JSON list with one object a file");
  verb->footer(kFooter);
  verb->callback([&action, options] { action = [options] { return run(*options); }; });
}

}  // namespace glimt::cli
