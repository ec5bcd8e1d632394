// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/files.h"

#include <glob.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <system_error>

#include "glimt/encoder.h"

namespace glimt::cli {
namespace {

namespace fs = std::filesystem;

bool is_glob(const std::string& argument) {
  return argument.find_first_of("*?[") != std::string::npos;
}

std::vector<std::string> matches(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), GLOB_TILDE, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  return paths;
}

class Expansion {
 public:
  explicit Expansion(const fs::path& excluded)
      : excluded_(excluded.empty() ? std::string() : place_of(excluded)) {}

  void add(const std::string& argument) {
    std::error_code error;
    if (fs::is_directory(argument, error)) {
      add_folder(argument);
    } else {
      take(argument, fs::path(argument).filename());
    }
  }
  Inputs take_all() && { return std::move(inputs_); }

 private:
  void add_folder(const fs::path& folder) {
    inputs_.any_folder = true;
    std::vector<fs::path> found;
    std::error_code error;
    fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied,
                                           error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      std::error_code kind_error;
      if (entry->is_directory(kind_error)) {
        if (!excluded_.empty() && place_of(entry->path()) == excluded_) {
          entry.disable_recursion_pending();
        }
      } else if (entry->is_regular_file(kind_error)) {
        const std::string extension = extension_of(entry->path());
        if (!extension.empty() && codec_of(extension).ok()) {
          found.push_back(entry->path());
        } else {
          ++inputs_.others_skipped;
        }
      }
    }
    std::sort(found.begin(), found.end());
    for (const fs::path& path : found) take(path, path.lexically_relative(folder));
  }

  void take(const fs::path& path, const fs::path& relative) {
    // By name, not by what a link leads to: two links are two files to the user.
    std::error_code error;
    const fs::path name = fs::absolute(path, error).lexically_normal();
    if (seen_.insert(name.string()).second) inputs_.files.push_back({path.string(), relative});
  }

  std::string excluded_;
  std::set<std::string> seen_;
  Inputs inputs_;
};

}  // namespace

std::string place_of(const fs::path& path) {
  std::error_code error;
  fs::path place = fs::weakly_canonical(path, error);
  if (error) place = fs::absolute(path, error).lexically_normal();
  if (!place.has_filename()) place = place.parent_path();  // "out/" is "out"
  return place.string();
}

bool same_place(const fs::path& a, const fs::path& b) { return place_of(a) == place_of(b); }

std::string extension_of(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return extension;
}

Inputs expand(const std::vector<std::string>& arguments, const fs::path& excluded) {
  Expansion expansion(excluded);
  for (const std::string& argument : arguments) {
    std::error_code error;
    const auto found = is_glob(argument) && !fs::exists(argument, error)
                           ? matches(argument)
                           : std::vector<std::string>();
    if (found.empty()) expansion.add(argument);
    for (const std::string& path : found) expansion.add(path);
  }
  return std::move(expansion).take_all();
}

}  // namespace glimt::cli
