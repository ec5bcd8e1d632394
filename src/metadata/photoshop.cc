// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/photoshop.h"

#include <algorithm>

#include "base/bytes.h"

namespace glimt {
namespace {

constexpr std::uint16_t kIptcResource = 0x0404;
constexpr char kSignature[] = {'8', 'B', 'I', 'M'};

constexpr std::size_t even(std::size_t bytes) { return bytes + bytes % 2; }

}  // namespace

// Adobe Photoshop File Formats, "Image Resource Blocks": signature, number, a Pascal string padded
// to even, size, data padded to even.
Bytes find_iptc(Bytes resources) {
  while (resources.size() >= 12 && starts_with(resources, kSignature, sizeof kSignature)) {
    const auto number = load_be<std::uint16_t>(&resources[4]);
    const std::size_t head = 6 + even(1 + std::size_t{resources[6]});
    if (resources.size() < head + 4) break;
    const std::size_t size = load_be<std::uint32_t>(&resources[head]);
    resources = resources.subspan(head + 4);
    if (size > resources.size()) break;
    if (number == kIptcResource) return resources.first(size);
    resources = resources.subspan(std::min(even(size), resources.size()));
  }
  return {};
}

std::vector<std::uint8_t> resources_of_iptc(Bytes iptc) {
  std::vector<std::uint8_t> resources(12);
  std::copy(std::begin(kSignature), std::end(kSignature), resources.begin());
  store_be(&resources[4], kIptcResource);
  store_be(&resources[8], static_cast<std::uint32_t>(iptc.size()));
  resources.insert(resources.end(), iptc.begin(), iptc.end());
  resources.resize(even(resources.size()));
  return resources;
}

}  // namespace glimt
