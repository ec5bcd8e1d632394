// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "pixel/device.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "pixel/convert.h"
#include "pixel/device_jobs.h"
#include "pixel/sample.h"

namespace glimt {
namespace {

using device::Job;
using device::JobList;
using device::Lattice;
using device::Move;

// Words that rows are copied by.
constexpr std::int64_t kWidestWord = 16;
// A job's pixels in one direction; longer images are several jobs.
constexpr std::int64_t kMostPixels = std::int64_t{1} << 30;

struct Jobs {
  std::vector<Job> moves, conversions;
  std::int64_t move_tiles = 0, conversion_tiles = 0;
};

bool multiples(const Lattice& lattice, std::int64_t of) {
  const auto address = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(lattice.data));
  return ((address | lattice.fast | lattice.slow | lattice.channel) & (of - 1)) == 0;
}

/// Fast is the way through the image that is shorter in the target: neighbouring threads write
/// neighbouring pixels.
Job job_of(const PixelView& from, const PixelView& to) {
  Job job;
  job.from = {from.data, from.pixel_stride, from.row_stride, from.channel_stride};
  job.to = {to.data, to.pixel_stride, to.row_stride, to.channel_stride};
  std::int64_t fast = to.width, slow = to.height;
  if (std::abs(to.row_stride) < std::abs(to.pixel_stride)) {
    std::swap(job.from.fast, job.from.slow);
    std::swap(job.to.fast, job.to.slow);
    std::swap(fast, slow);
  }
  job.fast = static_cast<std::int32_t>(fast);
  job.slow = static_cast<std::int32_t>(slow);
  return job;
}

void append(std::vector<Job>& jobs, std::int64_t& tiles, Job job) {
  job.first_tile = tiles;
  job.tiles_fast = (job.fast + device::kTileFast - 1) / device::kTileFast;
  tiles += std::int64_t{job.tiles_fast} * ((job.slow + device::kTileSlow - 1) / device::kTileSlow);
  jobs.push_back(job);
}

void append_move(Jobs& jobs, Job job) {
  job.aligned =
      multiples(job.from, job.move.sample_bytes) && multiples(job.to, job.move.sample_bytes);
  append(jobs.moves, jobs.move_tiles, job);
}

/// Rows without gaps between pixels as rows of words, and the bytes that are left over.
void append_rows(Jobs& jobs, const Job& pixels, std::int64_t row_bytes) {
  Job words = pixels;
  words.from.channel = words.to.channel = 0;
  words.from.fast = words.to.fast = kWidestWord;
  std::int64_t word = kWidestWord;
  while (!multiples(words.from, word) || !multiples(words.to, word)) word /= 2;
  words.from.fast = words.to.fast = word;
  words.move.channels = 1;
  words.move.whole = true;
  words.move.sample_bytes = static_cast<std::uint8_t>(word);
  words.fast = static_cast<std::int32_t>(row_bytes / word);
  if (words.fast > 0) append_move(jobs, words);
  Job rest = words;
  const std::int64_t done = row_bytes / word * word;
  rest.from.data += done;
  rest.to.data += done;
  rest.from.fast = rest.to.fast = 1;
  rest.fast = static_cast<std::int32_t>(row_bytes - done);
  rest.move.sample_bytes = 1;
  if (rest.fast > 0) append_move(jobs, rest);
}

/// Nothing changes but strides.
void append_copy(Jobs& jobs, const PixelView& from, const PixelView& to) {
  Job job = job_of(from, to);
  const auto sample = static_cast<std::int64_t>(sample_bytes(to.form.type));
  const std::int64_t pixel = sample * to.form.channels;
  const bool one_sample = to.form.channels == 1;
  const bool gapless = (one_sample || (job.from.channel == sample && job.to.channel == sample)) &&
                       job.from.fast == pixel && job.to.fast == pixel;
  if (gapless && pixel * job.fast < kMostPixels) return append_rows(jobs, job, pixel * job.fast);
  job.move.whole = true;
  job.move.channels = to.form.channels;
  job.move.sample_bytes = static_cast<std::uint8_t>(sample);
  append_move(jobs, job);
}

/// Whether depth is left alone, or changes as one of the few kernels for that does.
bool change_of(const PixelRule& rule, device::Change& change) {
  const PixelForm &a = rule.from, &b = rule.to;
  const bool whole8 = a.type == SampleType::u8 && rule.from_full == 255.0;
  if (whole8 && (b.type == SampleType::f32 || b.type == SampleType::f16)) {
    change =
        b.type == SampleType::f32 ? device::Change::float_of_eight : device::Change::half_of_eight;
    return true;
  }
  if (a.type == SampleType::u16 && b.type == SampleType::u8 && rule.from_full == 65535.0 &&
      rule.to_full == 255.0) {
    change = device::Change::eight_of_sixteen;
    return true;
  }
  // Integers that a double holds: moving them is what the rule does.
  return !is_float(a.type) && sample_bytes(a.type) <= 4 && a.type == b.type &&
         a.bit_depth == b.bit_depth && rule.from_full == rule.to_full;
}

/// Eight bits of RGB to gray, without other channels in the target.
bool grays(const PixelRule& rule, Move& move) {
  const PixelForm &a = rule.from, &b = rule.to;
  if (a.type != SampleType::u8 || b.type != SampleType::u8 || a.bit_depth != b.bit_depth ||
      rule.from_full != 255.0 || rule.to_full != 255.0 || rule.source != ColorModel::rgb ||
      b.color != ColorModel::gray || b.channels != 1) {
    return false;
  }
  move.change = device::Change::gray_of_eight;
  for (std::uint32_t c = 0; c < 3; ++c) {
    move.source[c] = static_cast<std::int8_t>(pixel_rule::place_of(a, c));
  }
  return true;
}

/// The rule as a change of places, if it computes next to nothing. False if it does compute.
bool moves_of(const PixelRule& rule, Move& move) {
  const PixelForm &a = rule.from, &b = rule.to;
  if (grays(rule, move)) return true;
  if (!change_of(rule, move.change) || a.inverted != b.inverted ||
      b.channels > device::kMoveEntries || b.color == ColorModel::other) {
    return false;
  }
  const bool from_gray = rule.source == ColorModel::gray && b.color == ColorModel::rgb;
  const bool luma = rule.source == ColorModel::ycc && b.color == ColorModel::gray;
  if (rule.source != b.color && !from_gray && !luma) return false;
  const std::uint32_t a_colors = color_channels(a), b_colors = color_channels(b);
  std::uint32_t next = a_colors + (a.alpha ? 1U : 0U);
  for (std::uint32_t c = 0; c < b.channels; ++c) {
    std::int64_t source = device::kConstant;
    double constant = 0;
    if (c < b_colors) {
      source = from_gray ? 0 : c;
    } else if (b.alpha && c == b_colors) {
      if (a.alpha) source = a_colors;
      constant = rule.to_full;
    } else if (next < a.channels) {
      source = next++;
    }
    const std::uint32_t place = pixel_rule::place_of(b, c);
    if (source != device::kConstant) {
      source = pixel_rule::place_of(a, static_cast<std::uint32_t>(source));
      if (source > std::numeric_limits<std::int8_t>::max()) return false;
    }
    move.source[place] = static_cast<std::int8_t>(source);
    move.constant[place] = fill_bits(b.type, constant - rule.to_half);
  }
  move.channels = b.channels;
  move.sample_bytes = static_cast<std::uint8_t>(sample_bytes(b.type));
  return true;
}

void append_conversion(Jobs& jobs, const Converter& converter, const PixelView& from,
                       const PixelView& to) {
  if (to.width <= 0 || to.height <= 0) return;
  if (std::max(to.width, to.height) > kMostPixels) {
    const bool wide = to.width > to.height;
    for (std::int64_t at = 0; at < std::max(to.width, to.height); at += kMostPixels) {
      const std::int64_t x = wide ? at : 0, y = wide ? 0 : at;
      const std::int64_t columns = std::min(to.width - x, kMostPixels);
      const std::int64_t rows = std::min(to.height - y, kMostPixels);
      append_conversion(jobs, converter, crop(from, x, y, columns, rows),
                        crop(to, x, y, columns, rows));
    }
    return;
  }
  if (converter.copies()) return append_copy(jobs, from, to);
  Job job = job_of(from, to);
  job.rule = PixelRule(converter.rule().from, converter.rule().to);
  const bool moves = moves_of(job.rule, job.move);
  job.aligned = multiples(job.from, static_cast<std::int64_t>(sample_bytes(from.form.type))) &&
                multiples(job.to, static_cast<std::int64_t>(sample_bytes(to.form.type)));
  // Only plain moves have a kernel for samples that lie askew.
  if (moves && (job.aligned || job.move.change == device::Change::none)) {
    return append(jobs.moves, jobs.move_tiles, job);
  }
  append(jobs.conversions, jobs.conversion_tiles, job);
}

void append_fill(Jobs& jobs, const PixelView& to, const std::array<double, 5>& fill) {
  Job job = job_of(to, to);
  job.move.channels = to.form.channels;
  job.move.sample_bytes = static_cast<std::uint8_t>(sample_bytes(to.form.type));
  for (int i = 0; i < device::kMoveEntries; ++i) {
    job.move.source[i] = device::kConstant;
    job.move.constant[i] = fill_bits(to.form.type, fill[static_cast<std::size_t>(i)]);
  }
  append_move(jobs, job);
}

Status start(const Jobs& jobs, DeviceStaging& staging, gpu::StreamHandle stream) {
  const std::size_t move_bytes = jobs.moves.size() * sizeof(Job);
  const std::size_t bytes = move_bytes + jobs.conversions.size() * sizeof(Job);
  if (bytes == 0) return {};
  const gpu::DeviceScope scope(staging.device());
  GLIMT_TRY(scope.status());
  GLIMT_TRY(DeviceStaging::Slot* const slot, staging.take(bytes));
  std::copy(jobs.moves.begin(), jobs.moves.end(), reinterpret_cast<Job*>(slot->host.data()));
  std::copy(jobs.conversions.begin(), jobs.conversions.end(),
            reinterpret_cast<Job*>(slot->host.data() + move_bytes));
  GLIMT_TRY(gpu::copy_to_device(slot->device.data(), slot->host.data(), bytes, stream));
  const auto* moves = reinterpret_cast<const Job*>(slot->device.data());
  const JobList move_list{moves, static_cast<std::int32_t>(jobs.moves.size()), jobs.move_tiles};
  const JobList conversion_list{moves + jobs.moves.size(),
                                static_cast<std::int32_t>(jobs.conversions.size()),
                                jobs.conversion_tiles};
  device::move_pixels(move_list, stream);
  device::convert_pixels(conversion_list, stream);
  const Status launched = gpu::launch_status("starting the kernels that convert pixels");
  GLIMT_TRY(gpu::record(slot->free.get(), stream));
  return launched;
}

}  // namespace

Result<DeviceStaging> DeviceStaging::make(int device) {
  const gpu::DeviceScope scope(device);
  GLIMT_TRY(scope.status());
  DeviceStaging staging;
  staging.device_ = device;
  for (Slot& slot : staging.slots_) {
    GLIMT_TRY(slot.free, gpu::Event::make());
  }
  return Result<DeviceStaging>(std::move(staging));
}

DeviceStaging::~DeviceStaging() {
  for (const Slot& slot : slots_) {
    if (slot.free.get() != nullptr) (void)gpu::synchronize(slot.free.get()).ok();
  }
}

Result<DeviceStaging::Slot*> DeviceStaging::take(std::size_t bytes) {
  Slot& slot = slots_[next_];
  next_ = (next_ + 1) % kSlots;
  GLIMT_TRY(gpu::synchronize(slot.free.get()));
  GLIMT_TRY(slot.host.grow(gpu::MemoryKind::pinned, device_, bytes));
  GLIMT_TRY(slot.device.grow(gpu::MemoryKind::device, device_, bytes));
  return &slot;
}

Status put_on_device(std::span<const DevicePut> puts, DeviceStaging& staging,
                     gpu::StreamHandle stream) {
  Jobs jobs;
  for (const DevicePut& put : puts) {
    Canvas canvas(put.target);
    GLIMT_TRY(canvas.start(put.view.form));
    for (const Rect& rect : canvas.outside()) {
      if (!rect.empty()) append_fill(jobs, canvas.stored_view(rect), put.target.fill);
    }
    const Rect inside = intersect(put.rect, canvas.wanted());
    if (inside.empty()) continue;
    append_conversion(jobs, canvas.converter(),
                      crop(put.view, inside.x0 - put.rect.x0, inside.y0 - put.rect.y0,
                           inside.width(), inside.height()),
                      canvas.stored_view(inside));
  }
  return start(jobs, staging, stream);
}

Status convert_on_device(std::span<const DeviceConversion> conversions, DeviceStaging& staging,
                         gpu::StreamHandle stream) {
  Jobs jobs;
  for (std::size_t i = 0; i < conversions.size(); ++i) {
    const auto& [from, to] = conversions[i];
    if (from.width != to.width || from.height != to.height) {
      return {Code::bad_argument,
              "conversion " + std::to_string(i) + " is from " + std::to_string(from.width) + " x " +
                  std::to_string(from.height) + " to " + std::to_string(to.width) + " x " +
                  std::to_string(to.height) + " pixels; sizes must be equal"};
    }
    GLIMT_TRY(const Converter converter, Converter::make(from.form, to.form));
    append_conversion(jobs, converter, from, to);
  }
  return start(jobs, staging, stream);
}

}  // namespace glimt
