// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace glimt {

/// What a format learns of one stream while it is asked, and keeps: where its pages lie, say. The
/// engine has one for each stream, shared by all of its sub streams and used from many threads; the
/// content is the format's, which bounds it.
class StreamState {
 public:
  struct Content {
    virtual ~Content() = default;
  };

  /// Runs ask(content), one thread at a time. The content is made at the first question; a stream
  /// has one format, so that its type is always the same.
  template <class T, class Ask>
  auto with(Ask ask) {
    const std::lock_guard lock(mutex_);
    if (content_ == nullptr) content_ = std::make_unique<T>();
    return ask(static_cast<T&>(*content_));
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<Content> content_;
};

}  // namespace glimt
