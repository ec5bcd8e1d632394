// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "gpu/image_memory.h"

#include <algorithm>
#include <list>
#include <mutex>
#include <utility>

namespace glimt::gpu {
namespace {

// Beyond this a device is waited for rather than filled with memory that nobody has asked back:
// streams that are destroyed after use never mark any.
constexpr std::size_t kMostWaiting = std::size_t{8} << 30;

/// A stream that memory was used on.
struct Use {
  StreamHandle stream = nullptr;
  std::shared_ptr<Event> passed;  // null: not marked yet
};

/// Memory that was dropped. Its block goes back to the pool when this object dies.
struct Dropped {
  Block block;
  int device = 0;
  std::vector<Use> uses;
  std::shared_ptr<Event> foreign_use;  // null: none
};

/// Asks for events; neighbours of one batch share theirs, so that each is asked for once.
class Passed {
 public:
  bool operator()(const Dropped& d) {
    const bool passed = std::all_of(d.uses.begin(), d.uses.end(), [this](const Use& use) {
      return use.passed != nullptr && is_over(use.passed);
    });
    return passed && (d.foreign_use == nullptr || is_over(d.foreign_use));
  }

 private:
  bool is_over(const std::shared_ptr<Event>& event) {
    if (event == last_) return last_over_;
    const auto over = finished(event->get());
    last_ = event;
    last_over_ = over.ok() && *over;
    return last_over_;
  }

  std::shared_ptr<Event> last_;
  bool last_over_ = false;
};

struct Waiting {
  std::mutex mutex;
  std::list<Dropped> dropped;
  std::size_t bytes = 0;
};
/// Never destroyed: images may outlive static destructors.
Waiting& waiting() {
  static auto* const instance = new Waiting;
  return *instance;
}

std::shared_ptr<Event> mark(int device, StreamHandle stream) {
  const DeviceScope scope(device);
  auto event = Event::make();
  if (!scope.status().ok() || !event.ok() || !record(event->get(), stream).ok()) return nullptr;
  return std::make_shared<Event>(std::move(*event));
}

/// Takes out what `is_free` names.
template <class IsFree>
std::list<Dropped> take_out(IsFree is_free) {
  Waiting& all = waiting();
  const std::lock_guard lock(all.mutex);
  std::list<Dropped> freed;
  for (auto it = all.dropped.begin(); it != all.dropped.end();) {
    const auto next = std::next(it);
    if (is_free(*it)) {
      all.bytes -= it->block.size();
      freed.splice(freed.end(), all.dropped, it);
    }
    it = next;
  }
  return freed;
}

void wait_for_device(int device) {
  // What is dropped after the wait began is not covered by it.
  auto candidates = take_out([device](const Dropped& d) { return d.device == device; });
  if (synchronize_device(device).ok()) return;
  Waiting& all = waiting();
  const std::lock_guard lock(all.mutex);
  for (const Dropped& d : candidates) all.bytes += d.block.size();
  all.dropped.splice(all.dropped.end(), candidates);
}

}  // namespace

Result<std::shared_ptr<ImageMemory>> ImageMemory::take(int device, std::size_t bytes,
                                                       StreamHandle stream) {
  if (waiting_image_bytes() > kMostWaiting) wait_for_device(device);
  auto block = take_block(MemoryKind::device, device, bytes);
  if (!block.ok() && block.status().code() == Code::out_of_memory) {
    wait_for_device(device);
    block = take_block(MemoryKind::device, device, bytes);
  }
  if (!block.ok()) return block.status();
  return std::shared_ptr<ImageMemory>(new ImageMemory(std::move(*block), device, stream));
}

ImageMemory::~ImageMemory() {
  std::vector<Use> uses;
  for (const StreamHandle stream : streams_) uses.push_back({stream, nullptr});
  Waiting& all = waiting();
  const std::lock_guard lock(all.mutex);
  all.bytes += block_.size();
  all.dropped.push_back({std::move(block_), device_, std::move(uses), std::move(foreign_use_)});
}

void ImageMemory::join(StreamHandle stream) {
  const std::lock_guard lock(waiting().mutex);
  if (std::find(streams_.begin(), streams_.end(), stream) == streams_.end()) {
    streams_.push_back(stream);
  }
}

void ImageMemory::used_on(StreamHandle stream) {
  const std::lock_guard lock(waiting().mutex);
  if (std::find(streams_.begin(), streams_.end(), stream) != streams_.end()) return;
  // Of several foreign streams the last one waits for those before it.
  if (foreign_use_ != nullptr) (void)wait(stream, foreign_use_->get()).ok();
  foreign_use_ = mark(device_, stream);
}

void renew_image_memory(int device, StreamHandle stream) {
  {
    Waiting& all = waiting();
    const std::lock_guard lock(all.mutex);
    std::shared_ptr<Event> point;
    for (Dropped& d : all.dropped) {
      if (d.device != device) continue;
      for (Use& use : d.uses) {
        if (use.stream != stream || use.passed != nullptr) continue;
        if (point == nullptr) point = mark(device, stream);
        use.passed = point;
      }
    }
  }
  take_out(Passed());
}

std::size_t waiting_image_bytes() {
  Waiting& all = waiting();
  const std::lock_guard lock(all.mutex);
  return all.bytes;
}

}  // namespace glimt::gpu
