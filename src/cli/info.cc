// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// glimt info: what the headers say.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/files.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/verbs.h"

namespace glimt::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFooter =
    R"(Reads headers only, so that any number of files is quick. Folders are searched for known formats.
Width and height are as stored; an orientation other than 'top left' says how to turn the image.

Examples:
  glimt info photo.jpg
  glimt info --json photos/ | jq '.[] | select(.width > 4000) | .file')";

struct Options {
  std::vector<std::string> paths;
  bool json = false;
};

struct Entry {
  std::string path;
  std::size_t bytes = 0;
  Result<ImageInfo> info;
};

Entry look_at(const std::string& path) {
  const Result<CodeStream> stream = CodeStream::open(path);
  if (!stream.ok()) return {path, 0, stream.status()};
  return {path, stream->bytes().size(), stream->info()};
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

std::string json_text(const std::vector<Entry>& entries) {
  Json list = Json::array();
  for (const Entry& entry : entries) {
    Json json;
    json["file"] = entry.path;
    json["bytes"] = entry.bytes;
    if (entry.info.ok()) {
      json.update(json_of(*entry.info));
    } else {
      json["error"] = {{"code", glimt::name_of(entry.info.status().code())},
                       {"message", entry.info.status().message()}};
    }
    list.push_back(std::move(json));
  }
  // File names need not be UTF-8, JSON must be.
  return list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
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
               {"size", Align::right}});
  for (const Entry& entry : entries) {
    if (!entry.info.ok()) continue;
    const ImageInfo& info = *entry.info;
    table.add({entry.path, std::string(info.codec_name), std::string(info.coding),
               pixels_text(info.width, info.height),
               samples_text(info.type, info.precision, info.channels),
               std::string(name_of(info.color_spec)), subsampling_text(info),
               std::string(name_of(info.orientation)), tiles_text(info),
               std::to_string(info.num_images), bytes_text(entry.bytes)});
  }
  return table.empty() ? "" : table.text();
}

int run(const Options& options) {
  const Inputs inputs = expand(options.paths);
  std::vector<Entry> entries;
  for (const Input& input : inputs.files) entries.push_back(look_at(input.path));

  fmt::print("{}", options.json ? json_text(entries) : table_text(entries));
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
