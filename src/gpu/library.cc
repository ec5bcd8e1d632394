// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "gpu/library.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace glimt::gpu {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = name == nullptr ? nullptr : std::getenv(name);
  return value == nullptr ? std::string() : value;
}

/// The folder of the file that this function is in: that of the module, of the library or of the
/// program.
fs::path own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) {
    return {};
  }
  std::error_code failed;
  const fs::path file = fs::canonical(info.dli_fname, failed);
  return failed ? fs::path() : file.parent_path();
}

std::vector<fs::path> folders(const Library::Names& names) {
  std::vector<fs::path> found;
  // The module lies in site-packages/glimt.
  const fs::path site = own_folder().parent_path();
  for (const char* package : names.packages) found.push_back(site / package);
  for (const char* variable : {"CUDA_HOME", "CUDA_PATH"}) {
    const std::string toolkit = environment(variable);
    if (!toolkit.empty()) found.push_back(fs::path(toolkit) / "lib64");
  }
  found.emplace_back("/usr/local/cuda/lib64");
  return found;
}

}  // namespace

Result<Library> Library::open(const Names& names, const std::string& file) {
  std::vector<std::string> tries;
  const std::string named = file.empty() ? environment(names.variable) : file;
  if (!named.empty()) {
    tries.push_back(named);
  } else {
    tries.assign(names.files.begin(), names.files.end());
    for (const fs::path& folder : folders(names)) {
      for (const char* name : names.files) {
        std::error_code failed;
        if (fs::exists(folder / name, failed)) tries.push_back((folder / name).string());
      }
    }
  }
  std::string reasons;
  for (const std::string& path : tries) {
    Library library;
    library.handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library.handle_ != nullptr) {
      library.path_ = path;
      return library;
    }
    const char* reason = dlerror();
    reasons += (reasons.empty() ? "" : "; ") + std::string(reason == nullptr ? path : reason);
  }
  return Status(Code::device, std::string(names.title) +
                                  " is not installed, or cannot be loaded; install its wheel, or "
                                  "name the file in " +
                                  (names.variable == nullptr ? "the options" : names.variable) +
                                  " (" + reasons + ")");
}

Status Library::look_up(const char* symbol, void*& address) const {
  address = dlsym(handle_, symbol);
  if (address != nullptr) return {};
  return {Code::device, path_ + " has no " + symbol + "; install a newer version"};
}

}  // namespace glimt::gpu
