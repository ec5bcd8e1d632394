// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/frame.h"

#include <algorithm>
#include <span>
#include <string>

#include "base/checked.h"

namespace glimt::jpeg {
namespace {

constexpr int kMaxUnitsInMcu = 10;  // T.81 B.2.3

Status corrupt(std::string text) { return {Code::corrupt, std::move(text)}; }

std::int64_t scaled_up(std::int64_t size, std::int64_t factor, std::int64_t divisor) {
  return (size * factor + divisor - 1) / divisor;
}

/// T.81 table B.3: what a scan of this process may say.
Status check_parameters(const Frame& frame, const Scan& scan) {
  const int ss = scan.spectral_start, se = scan.spectral_end, ah = scan.high, al = scan.low;
  const std::string said = "Ss " + std::to_string(ss) + ", Se " + std::to_string(se) + ", Ah " +
                           std::to_string(ah) + ", Al " + std::to_string(al);
  if (frame.lossless) {
    const bool legal = ss >= 1 && ss <= 7 && se == 0 && ah == 0 && al < frame.precision;
    return legal ? Status() : corrupt("a lossless scan header says " + said);
  }
  if (!frame.progressive) return {};  // libjpeg and others take the whole block whatever it says
  const bool band = ss == 0 ? se == 0 : ss <= se && se < 64 && scan.count == 1;
  const bool bits = al <= 13 && (ah == 0 || ah == al + 1);
  return band && bits ? Status() : corrupt("a progressive scan header says " + said);
}

Status find_component(const Frame& frame, std::uint8_t id, Scan& scan) {
  for (std::size_t i = 0; i < frame.count; ++i) {
    if (frame.components[i].id != id) continue;
    const std::span<const Scan::Selection> named(scan.components.data(), scan.count);
    const bool taken = std::any_of(named.begin(), named.end(),
                                   [&](const Scan::Selection& s) { return s.component == i; });
    if (taken) continue;  // ids should differ; where they do not, the order tells them apart
    scan.components[scan.count].component = i;
    return {};
  }
  return corrupt("a scan header names component " + std::to_string(id) +
                 ", which the frame does not have left");
}

}  // namespace

Status lay_out(const Header& header, Frame& frame) {
  if (header.component_count > kMaxComponents) {
    return {Code::unsupported, std::to_string(header.component_count) + " components; up to " +
                                   std::to_string(kMaxComponents) + " are decoded"};
  }
  frame = {};
  frame.lossless = header.coding == kLossless;
  frame.progressive = header.coding == kProgressive;
  frame.precision = header.precision;
  frame.width = header.width;
  frame.height = header.height;
  frame.unit = frame.lossless ? 1 : 8;
  frame.count = header.component_count;
  for (std::size_t i = 0; i < frame.count; ++i) {
    FrameComponent& c = frame.components[i];
    static_cast<Component&>(c) = header.components[i];
    if (frame.count == 1) c.horizontal = c.vertical = 1;  // A.2.2: its factors say nothing
    frame.horizontal = std::max(frame.horizontal, c.horizontal);
    frame.vertical = std::max(frame.vertical, c.vertical);
  }
  frame.mcus_across = scaled_up(frame.width, 1, frame.mcu_width());
  frame.mcus_down = scaled_up(frame.height, 1, frame.mcu_height());
  for (std::size_t i = 0; i < frame.count; ++i) {
    FrameComponent& c = frame.components[i];
    if (frame.horizontal % c.horizontal != 0 || frame.vertical % c.vertical != 0) {
      return {Code::unsupported, "component " + std::to_string(i) + " is sampled " +
                                     std::to_string(c.horizontal) + "x" +
                                     std::to_string(c.vertical) + " against " +
                                     std::to_string(frame.horizontal) + "x" +
                                     std::to_string(frame.vertical) + ", which is no whole ratio"};
    }
    c.width = scaled_up(frame.width, c.horizontal, frame.horizontal);
    c.height = scaled_up(frame.height, c.vertical, frame.vertical);
    c.units_across = scaled_up(c.width, 1, frame.unit);
    c.units_down = scaled_up(c.height, 1, frame.unit);
    c.padded_across = frame.mcus_across * c.horizontal;
    c.padded_down = frame.mcus_down * c.vertical;
  }
  return {};
}

Status read_scan(Bytes payload, const Frame& frame, Scan& scan) {
  scan = {};
  const std::size_t count = payload.empty() ? 0 : payload[0];
  if (count < 1 || count > kMaxScanComponents || payload.size() != 4 + 2 * count) {
    return corrupt("a scan header of " + std::to_string(payload.size()) + " bytes names " +
                   std::to_string(count) + " components");
  }
  int units = 0;
  for (std::size_t i = 0; i < count; ++i) {
    GLIMT_TRY(find_component(frame, payload[1 + 2 * i], scan));
    Scan::Selection& selection = scan.components[i];
    selection.dc = payload[2 + 2 * i] >> 4;
    selection.ac = payload[2 + 2 * i] & 15;
    const FrameComponent& c = frame.components[selection.component];
    units += c.horizontal * c.vertical;
    ++scan.count;
  }
  if (scan.interleaved() && units > kMaxUnitsInMcu) {
    return corrupt("an MCU of " + std::to_string(units) + " data units; up to 10 are legal");
  }
  scan.spectral_start = payload[1 + 2 * count];
  scan.spectral_end = payload[2 + 2 * count];
  scan.high = payload[3 + 2 * count] >> 4;
  scan.low = payload[3 + 2 * count] & 15;
  const FrameComponent& first = frame.components[scan.components[0].component];
  scan.mcus_across = scan.interleaved() ? frame.mcus_across : first.units_across;
  scan.mcus_down = scan.interleaved() ? frame.mcus_down : first.units_down;
  return check_parameters(frame, scan);
}

}  // namespace glimt::jpeg
