// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// NVIDIA's codec libraries, which are optional and looked for at run time.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace glimt::gpu {

/// A shared library. Once loaded it stays: what it has put on the device is not ours to take down.
class Library {
 public:
  struct Names {
    std::string_view title;                 ///< "nvJPEG", for messages
    std::span<const char* const> files;     ///< "libnvjpeg.so.13", the preferred first
    std::span<const char* const> packages;  ///< folders in site-packages that wheels use
    const char* variable = nullptr;         ///< environment: the file, before all others
  };
  /// `file` if it is not empty, else the one that the environment names, else the first of
  /// names.files that is loaded already, that the dynamic linker finds, that lies in a wheel beside
  /// glimt's, or in the CUDA toolkit. Code::device says what was tried.
  static Result<Library> open(const Names& names, const std::string& file = {});

  /// The function of that name. Code::device if the library is too old to have it.
  template <class Function>
  Status find(const char* symbol, Function*& function) const {
    void* address = nullptr;
    Status status = look_up(symbol, address);
    function = reinterpret_cast<Function*>(address);
    return status;
  }
  /// As it was opened.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Status look_up(const char* symbol, void*& address) const;

  void* handle_ = nullptr;
  std::string path_;
};

}  // namespace glimt::gpu
