// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// From the arguments of a verb to the files that it works on.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace glimt::cli {

struct Input {
  std::string path;
  /// Where it lies below the folder that was named, or its file name: the place of its output.
  std::filesystem::path relative;
};

struct Inputs {
  std::vector<Input> files;
  std::size_t others_skipped = 0;  ///< files of unknown extension in folders
  bool any_folder = false;
};

/// Files as they are named, globs that the shell left alone, and folders with all below them, there
/// only what has the extension of a known format. Sorted within an argument, each file once. What
/// does not exist stays in the list, so that opening it tells why. Nothing below `excluded` is
/// taken from a folder.
[[nodiscard]] Inputs expand(const std::vector<std::string>& arguments,
                            const std::filesystem::path& excluded = {});

/// Whether both name the same existing file, or the same place where none exists yet.
[[nodiscard]] bool same_place(const std::filesystem::path& a, const std::filesystem::path& b);

/// A key that is equal for two names of one place.
[[nodiscard]] std::string place_of(const std::filesystem::path& path);

/// Lower case, with dot; "" without one.
[[nodiscard]] std::string extension_of(const std::filesystem::path& path);

}  // namespace glimt::cli
