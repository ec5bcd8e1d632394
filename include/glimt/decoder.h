// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "glimt/code_stream.h"
#include "glimt/error.h"
#include "glimt/image.h"
#include "glimt/metadata.h"
#include "glimt/params.h"
#include "glimt/tag.h"

namespace glimt {
inline namespace v0 {

/// One step of an image's way: a backend, and how it ended.
struct Attempt {
  std::string_view backend;
  Status status;  ///< ok, or why this backend was passed over or failed
};

/// What became of one image.
struct DecodeResult {
  Image image;                      ///< empty on failure
  Status status;                    ///< of the last attempt
  std::vector<Attempt> attempts;    ///< in order; the last is the one that counted
  std::string note;                 ///< a tolerated defect ("truncated: ..."), or ""
  std::uint64_t units_decoded = 0;  ///< MCU rows, PNG rows, tiles: what the codec decoded
};

/// Decodes any known format. Safe to use from many threads at once.
class GLIMT_API Decoder {
 public:
  /// Code::device when only GPU kinds are allowed and there is no GPU.
  static Result<Decoder> make(const CodecConfig& config = {});

  /// One image, on the calling thread and idle threads of the pool. Never throws for bad data.
  [[nodiscard]] Result<Image> decode(const CodeStream& stream, const DecodeParams& params = {},
                                     std::uintptr_t cuda_stream = 0) const;

  struct Item {
    CodeStream stream;
    const DecodeParams* params = nullptr;  ///< nullptr: those of the call
    Image reuse;                           ///< memory to decode into; empty: new memory
  };
  /// A batch, spread over the pool, largest first; results in the order of the items.
  ///
  /// New images lie on the GPU where the configuration has one and allows more than CPU_ONLY, else
  /// in host memory; memory to reuse stays where it is. Images on a GPU may still be under way on
  /// return: they are ordered on `cuda_stream` (a cudaStream_t of that GPU as a number), which the
  /// call neither waits for nor holds up before the memory to reuse makes it.
  ///
  /// `meanwhile` is called once at most, on the calling thread, while a GPU decodes: for what the
  /// caller has to do with images whose pixels come later. Results that have one by then may yet
  /// fail, and are without it on return; the others may be got by other means. It does not throw.
  using Meanwhile = std::function<void(std::span<const DecodeResult> results)>;
  [[nodiscard]] std::vector<DecodeResult> decode(std::span<const Item> items,
                                                 const DecodeParams& params = {},
                                                 std::uintptr_t cuda_stream = 0,
                                                 const Meanwhile& meanwhile = {}) const;

  /// Metadata blocks of the selected image; kind unknown means all.
  [[nodiscard]] Result<std::vector<Metadata>> metadata(
      const CodeStream& stream, MetadataKind kind = MetadataKind::unknown) const;

  /// Tag `id` of the selected image's IFD; nothing where there is none, or no IFD. Code::truncated:
  /// its values lie beyond the end of the file; corrupt, limit.
  [[nodiscard]] Result<std::optional<TagValues>> tag(const CodeStream& stream,
                                                     std::uint16_t id) const;

  [[nodiscard]] const CodecConfig& config() const;
  /// The GPU that serves, or Place::kHost.
  [[nodiscard]] int device() const;
  /// Option tokens that no backend knows, for a warning.
  [[nodiscard]] const std::vector<std::string>& unknown_options() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace v0
}  // namespace glimt
