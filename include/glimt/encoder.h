// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "glimt/decoder.h"
#include "glimt/error.h"
#include "glimt/image.h"
#include "glimt/params.h"

namespace glimt {
inline namespace v0 {

/// Encoded bytes in pooled memory; a handle, cheap to copy.
class GLIMT_API EncodedBytes {
 public:
  EncodedBytes() = default;
  EncodedBytes(std::shared_ptr<void> owner, std::uint8_t* data, std::size_t size,
               std::size_t capacity)
      : owner_(std::move(owner)), data_(data), size_(size), capacity_(capacity) {}
  [[nodiscard]] Bytes bytes() const { return {data_, size_}; }
  [[nodiscard]] std::uint8_t* data() const { return data_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] const std::shared_ptr<void>& owner() const { return owner_; }

  static Result<EncodedBytes> allocate(std::size_t capacity);

 private:
  std::shared_ptr<void> owner_;
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0, capacity_ = 0;
};

struct EncodeResult {
  EncodedBytes bytes;  ///< empty on failure
  Status status;
  std::vector<Attempt> attempts;
  std::string note;  ///< what was asked for and left out, or ""
};

/// The codec of a name ("jpeg") or of an extension with dot (".JPG"), and the variant that the
/// extension asks for ("j2k", "pgm", ...). Code::bad_argument for an unknown one.
struct CodecName {
  std::string_view codec;
  std::string_view variant;
};
[[nodiscard]] GLIMT_API Result<CodecName> codec_of(std::string_view name_or_extension);

/// Encodes to any known format. Safe to use from many threads at once. Images may lie in host or
/// device memory; those on a device are read behind what their stream holds.
class GLIMT_API Encoder {
 public:
  static Result<Encoder> make(const CodecConfig& config = {});

  /// codec: as codec_of() takes it.
  [[nodiscard]] Result<EncodedBytes> encode(const Image& image, std::string_view codec,
                                            const EncodeParams& params = {}) const;
  struct Item {
    Image image;
    EncodedBytes reuse;  ///< memory to write into, replaced when too small
  };
  [[nodiscard]] std::vector<EncodeResult> encode(std::span<const Item> items,
                                                 std::string_view codec,
                                                 const EncodeParams& params = {}) const;
  /// Writes the file whole or not at all (temporary name, then rename). An empty codec follows the
  /// path's extension, and is JPEG where there is none. Code::bad_argument names the path when it
  /// cannot be written.
  [[nodiscard]] Status write(const std::string& path, const Image& image,
                             std::string_view codec = {}, const EncodeParams& params = {}) const;

  [[nodiscard]] const CodecConfig& config() const;
  /// The GPU that serves, or Place::kHost.
  [[nodiscard]] int device() const;
  [[nodiscard]] const std::vector<std::string>& unknown_options() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Writes bytes to a file whole or not at all.
[[nodiscard]] GLIMT_API Status write_file(const std::string& path, Bytes data);

}  // namespace v0
}  // namespace glimt
