// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "glimt/code_stream.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "codec/format.h"
#include "engine/catalogue.h"
#include "engine/file.h"

namespace glimt {
inline namespace v0 {

struct CodeStream::State {
  Bytes data;
  std::shared_ptr<const void> owner;
  StreamView view;
  std::string path;
  // Not std::call_once, which enters the kernel each time.
  std::atomic<bool> parsed{false};
  std::mutex parsing;
  Status status;
  StreamInfo info;
  std::shared_ptr<StreamState> memory;  // one for all streams on these bytes

  [[nodiscard]] Source source() const { return {data, memory.get(), {}}; }
  [[nodiscard]] PageRange page() const {
    return {view.image_idx, view.bitstream_offset, view.limit_images};
  }
  /// The images of a parsed stream.
  [[nodiscard]] PageCount count(const PageRange& range) const {
    if (info.format->count == nullptr) return {};
    PageCount pages = info.format->count(source(), range);
    if (!pages.status.ok()) pages.status = named(pages.status);
    return pages;
  }
  [[nodiscard]] Status named(const Status& failure) const {
    return {failure.code(), std::string(info.format->name) + ": " + failure.message()};
  }

  void parse() {
    const Format* format = sniff(data);
    if (format == nullptr) {
      status = {Code::unsupported, "the data begins like no format that glimt knows"};
      return;
    }
    auto result = format->parse(source(), page());
    if (!result.ok()) {
      status = Status(result.status().code(),
                      std::string(format->name) + ": " + result.status().message());
      return;
    }
    info = *result;
    info.format = format;
    info.image.codec_name = format->name;
  }
};

Result<CodeStream> CodeStream::open(const std::string& path, const StreamView& view) {
  GLIMT_TRY(FileBytes file, read_file(path));
  CodeStream stream = from_bytes(file.data, std::move(file.owner), view);
  stream.state_->path = path;
  return stream;
}

CodeStream CodeStream::from_bytes(Bytes data, std::shared_ptr<const void> owner,
                                  const StreamView& view) {
  CodeStream stream;
  stream.state_ = std::make_shared<State>();
  stream.state_->data = data;
  stream.state_->owner = std::move(owner);
  stream.state_->view = view;
  stream.state_->memory = std::make_shared<StreamState>();
  return stream;
}

Bytes CodeStream::bytes() const { return state_ ? state_->data : Bytes{}; }

const StreamView& CodeStream::view() const {
  static const StreamView none;
  return state_ ? state_->view : none;
}

const std::string& CodeStream::path() const {
  static const std::string none;
  return state_ ? state_->path : none;
}

Status CodeStream::parsed(const StreamInfo*& info) const {
  if (!state_) return {Code::bad_argument, "the code stream is empty: nothing was encoded into it"};
  if (!state_->parsed.load(std::memory_order_acquire)) {
    const std::lock_guard lock(state_->parsing);
    if (!state_->parsed.load(std::memory_order_relaxed)) state_->parse();
    state_->parsed.store(true, std::memory_order_release);
  }
  info = &state_->info;
  return state_->status;
}

Result<ImageInfo> CodeStream::info() const {
  const StreamInfo* parse = nullptr;
  GLIMT_TRY(parsed(parse));
  ImageInfo info = parse->image;
  info.num_images = state_->count(state_->page()).count;
  return info;
}

Result<std::uint32_t> CodeStream::num_images() const {
  const StreamInfo* parse = nullptr;
  GLIMT_TRY(parsed(parse));
  const PageCount pages = state_->count(state_->page());
  GLIMT_TRY(pages.status);
  return pages.count;
}

Result<std::optional<std::uint64_t>> CodeStream::next_bitstream_offset() const {
  const StreamInfo* parse = nullptr;
  GLIMT_TRY(parsed(parse));
  if (state_->view.limit_images == 0) return std::optional<std::uint64_t>();
  const PageCount pages = state_->count(state_->page());
  GLIMT_TRY(pages.status);
  return pages.next;
}

Result<std::uint64_t> CodeStream::coded_bytes() const {
  const StreamInfo* parse = nullptr;
  GLIMT_TRY(parsed(parse));
  if (parse->format->coded_bytes == nullptr) return std::uint64_t{state_->data.size()};
  return parse->format->coded_bytes(state_->source(), *parse);
}

StreamState* CodeStream::memory() const { return state_ ? state_->memory.get() : nullptr; }

Result<CodeStream> CodeStream::sub_stream(const StreamView& view) const {
  const StreamInfo* parse = nullptr;
  GLIMT_TRY(parsed(parse));
  if (view.region && state_->view.region) {
    return Status(Code::bad_argument,
                  "nested regions are not supported: this stream has a region already");
  }
  StreamView child = view;
  if (child.bitstream_offset == 0) child.bitstream_offset = state_->view.bitstream_offset;
  if (view.image_idx > 0) {
    // No further than to the image asked for: the others need not be looked at. Another offset
    // begins another count.
    PageRange page = state_->page();
    if (child.bitstream_offset != page.bitstream_offset) page = {0, child.bitstream_offset, 0};
    const std::uint32_t most = view.image_idx == UINT32_MAX ? UINT32_MAX : view.image_idx + 1;
    page.limit_images = page.limit_images == 0 ? most : std::min(page.limit_images, most);
    const PageCount pages = state_->count(page);
    if (view.image_idx >= pages.count) {
      GLIMT_TRY(pages.status);
      return Status(Code::bad_argument, "image_idx " + std::to_string(view.image_idx) +
                                            " is out of range [0, " + std::to_string(pages.count) +
                                            ")");
    }
  }
  CodeStream stream = from_bytes(state_->data, state_->owner, child);
  stream.state_->path = state_->path;
  stream.state_->memory = state_->memory;
  return stream;
}

}  // namespace v0
}  // namespace glimt
