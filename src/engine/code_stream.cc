// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "glimt/code_stream.h"

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

  void parse() {
    const Format* format = sniff(data);
    if (format == nullptr) {
      status = {Code::unsupported, "the data begins like no format that glimt knows"};
      return;
    }
    auto result = format->parse(
        Source{data}, PageRange{view.image_idx, view.bitstream_offset, view.limit_images});
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
  return parse->image;
}

Result<CodeStream> CodeStream::sub_stream(const StreamView& view) const {
  const StreamInfo* parse = nullptr;
  GLIMT_TRY(parsed(parse));
  if (view.image_idx >= parse->image.num_images) {
    return Status(Code::bad_argument, "image_idx " + std::to_string(view.image_idx) +
                                          " is out of range [0, " +
                                          std::to_string(parse->image.num_images) + ")");
  }
  if (view.region && state_->view.region) {
    return Status(Code::bad_argument,
                  "nested regions are not supported: this stream has a region already");
  }
  StreamView child = view;
  if (child.bitstream_offset == 0) child.bitstream_offset = state_->view.bitstream_offset;
  CodeStream stream = from_bytes(state_->data, state_->owner, child);
  stream.state_->path = state_->path;
  return stream;
}

}  // namespace v0
}  // namespace glimt
