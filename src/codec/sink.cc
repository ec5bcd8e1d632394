// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/sink.h"

#include <algorithm>

#include "base/page_pool.h"

namespace glimt {

Result<EncodedBytes> EncodedBytes::allocate(std::size_t capacity) {
  auto block = std::make_shared<PageBlock>(allocate_pages(capacity));
  if (!*block) {
    return Status(Code::out_of_memory, "no memory for " + std::to_string(capacity) + " bytes");
  }
  std::uint8_t* data = block->data();
  const std::size_t size = block->size();
  return EncodedBytes(std::move(block), data, 0, size);
}

Result<std::span<std::uint8_t>> Sink::reserve(std::size_t bytes) {
  if (bytes > SIZE_MAX / 4 || size_ > SIZE_MAX / 4) {
    return Status(Code::limit, "the encoded image is larger than memory can address");
  }
  if (size_ + bytes > memory_.capacity()) {
    // Doubling bounds the copying to one more pass over the bytes.
    GLIMT_TRY(EncodedBytes larger,
              EncodedBytes::allocate(std::max(size_ + bytes, memory_.capacity() * 2)));
    if (size_ != 0) std::memcpy(larger.data(), memory_.data(), size_);
    memory_ = std::move(larger);
  }
  return std::span<std::uint8_t>(memory_.data() + size_, memory_.capacity() - size_);
}

EncodedBytes Sink::finish() && {
  return EncodedBytes(memory_.owner(), memory_.data(), size_, memory_.capacity());
}

}  // namespace glimt
