// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/marker_search.h"

#include <algorithm>

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/jpeg/cuda/marker_search.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace glimt::jpeg::cuda {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

static std::size_t find_marker(const std::uint8_t* data, std::size_t from, std::size_t size) {
  const hn::ScalableTag<std::uint8_t> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto ff = hn::Set(d, 0xFF), zero = hn::Zero(d);
  std::size_t at = from;
  for (; at + lanes < size; at += lanes) {
    const auto marks =
        hn::And(hn::Eq(hn::LoadU(d, data + at), ff), hn::Ne(hn::LoadU(d, data + at + 1), zero));
    const std::intptr_t found = hn::FindFirstTrue(d, marks);
    if (found >= 0) return at + static_cast<std::size_t>(found);
  }
  for (; at + 1 < size; ++at) {
    if (data[at] == 0xFF && data[at + 1] != 0) return at;
  }
  return size;
}

}  // namespace HWY_NAMESPACE
}  // namespace glimt::jpeg::cuda
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace glimt::jpeg::cuda {

HWY_EXPORT(find_marker);

std::size_t find_marker(Bytes data, std::size_t from) {
  return HWY_DYNAMIC_DISPATCH(find_marker)(data.data(), from, data.size());
}

std::size_t Markers::divide(Bytes data, std::size_t part_bytes) {
  data_ = data;
  part_bytes_ = part_bytes;
  found_.resize((data.size() + part_bytes - 1) / part_bytes);
  return found_.size();
}

void Markers::look(std::size_t part) {
  std::vector<std::size_t>& found = found_[part];
  found.clear();
  // A marker may begin with the part's last byte.
  const Bytes until = data_.first(std::min(data_.size(), (part + 1) * part_bytes_ + 1));
  for (std::size_t at = part * part_bytes_; (at = find_marker(until, at)) < until.size(); ++at) {
    found.push_back(at);
  }
}

std::size_t Markers::first_from(std::size_t from) const {
  if (part_bytes_ == 0) return find_marker(data_, from);
  for (std::size_t part = from / part_bytes_; part < found_.size(); ++part) {
    const auto at = std::lower_bound(found_[part].begin(), found_[part].end(), from);
    if (at != found_[part].end()) return *at;
  }
  return data_.size();
}

}  // namespace glimt::jpeg::cuda
#endif
