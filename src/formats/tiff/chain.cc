// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/chain.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

#include "glimt/params.h"

namespace glimt::tiff {
namespace {

/// The pages from one IFD on, as far as they have been looked for.
class Chain {
 public:
  explicit Chain(std::uint64_t start) : start_(start), upcoming_(start) {}

  [[nodiscard]] std::uint64_t start() const { return start_; }
  [[nodiscard]] const std::vector<std::uint64_t>& pages() const { return pages_; }
  /// The IFD behind the pages found; 0 when the chain ends there.
  [[nodiscard]] std::uint64_t upcoming() const { return upcoming_; }
  /// Why no more can be found although the chain goes on.
  [[nodiscard]] const Status& damage() const { return damage_; }

  /// Goes on until there are `wanted` pages, or no more.
  void extend(Bytes file, const TiffHeader& header, std::size_t wanted) {
    while (upcoming_ != 0 && pages_.size() < wanted && damage_.ok()) {
      damage_ = step(file, header);
    }
  }

 private:
  Status step(Bytes file, const TiffHeader& header) {
    const std::string place = "image " + std::to_string(pages_.size()) + ": ";
    const std::uint32_t most = Limits{}.max_pages;
    if (pages_.size() >= most) {
      return {Code::limit, "the file has more than " + std::to_string(most) +
                               " images; go on from bitstream_offset " + std::to_string(upcoming_)};
    }
    if (seen_.contains(upcoming_)) {
      return {Code::corrupt,
              place + "the chain of IFDs returns to the one at byte " + std::to_string(upcoming_)};
    }
    auto ifd = Ifd::read(file, header, upcoming_);
    if (!ifd.ok()) return {ifd.status().code(), place + ifd.status().message()};
    if (!ifd->whole()) {
      return {Code::truncated,
              place + "the file ends within the IFD at byte " + std::to_string(upcoming_)};
    }
    seen_.insert(upcoming_);
    pages_.push_back(upcoming_);
    upcoming_ = ifd->next();
    return {};
  }

  std::uint64_t start_, upcoming_;
  std::vector<std::uint64_t> pages_;
  std::unordered_set<std::uint64_t> seen_;
  Status damage_;
};

/// The chains of one stream that were asked for last: that of the file, and those that start at
/// some bitstream_offset.
class Chains final : public StreamState::Content {
 public:
  Chain& from(std::uint64_t start) {
    const auto found = std::find_if(chains_.begin(), chains_.end(),
                                    [&](const Chain& c) { return c.start() == start; });
    if (found != chains_.end()) return *found;
    if (chains_.size() < kMost) return chains_.emplace_back(start);
    oldest_ = (oldest_ + 1) % kMost;
    return chains_[oldest_] = Chain(start);
  }

 private:
  static constexpr std::size_t kMost = 4;
  std::vector<Chain> chains_;
  std::size_t oldest_ = 0;
};

std::uint64_t start_of(const TiffHeader& header, const PageRange& range) {
  return range.bitstream_offset != 0 ? range.bitstream_offset : header.first_ifd;
}

/// Runs ask(chain) of the chain that a range begins.
template <class Ask>
auto with_chain(const Source& source, const TiffHeader& header, const PageRange& range, Ask ask) {
  const std::uint64_t start = start_of(header, range);
  if (source.state == nullptr) {
    Chain chain(start);
    return ask(chain);
  }
  return source.state->with<Chains>([&](Chains& chains) { return ask(chains.from(start)); });
}

Status no_page(const PageRange& range, std::size_t pages) {
  return {Code::bad_argument, "image_idx " + std::to_string(range.image_idx) +
                                  " is out of range [0, " + std::to_string(pages) + ")"};
}

}  // namespace

Result<std::uint64_t> find_page(const Source& source, const TiffHeader& header,
                                const PageRange& range) {
  if (range.limit_images != 0 && range.image_idx >= range.limit_images) {
    return no_page(range, range.limit_images);
  }
  const std::uint64_t start = start_of(header, range);
  if (start == 0) return Status(Code::corrupt, "the file has no IFD");
  if (range.image_idx == 0) return start;
  return with_chain(source, header, range, [&](Chain& chain) -> Result<std::uint64_t> {
    chain.extend(source.data, header, std::size_t{range.image_idx} + 1);
    if (range.image_idx < chain.pages().size()) return chain.pages()[range.image_idx];
    if (!chain.damage().ok()) return chain.damage();
    return no_page(range, chain.pages().size());
  });
}

PageCount count_pages(const Source& source, const TiffHeader& header, const PageRange& range) {
  const std::size_t most = range.limit_images != 0 ? range.limit_images : SIZE_MAX;
  return with_chain(source, header, range, [&](Chain& chain) {
    chain.extend(source.data, header, most);
    PageCount count;
    const std::size_t found = std::min(chain.pages().size(), most);
    count.count = static_cast<std::uint32_t>(found);
    if (found < most) {
      count.status = chain.damage();
    } else if (found < chain.pages().size()) {
      count.next = chain.pages()[found];
    } else if (chain.upcoming() != 0) {
      count.next = chain.upcoming();
    }
    return count;
  });
}

}  // namespace glimt::tiff
