// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What the decoder and the encoder on libjpeg-turbo share: libjpeg's way of failing turned into a
// Status. libjpeg leaves by longjmp, so guarded() is the only way into it, and what runs inside has
// no object with a destructor.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdio>  // jpeglib.h wants FILE and size_t from its includer
#include <string>
#include <type_traits>

#include <jpeglib.h>

#include "base/result.h"

namespace glimt::jpeg {

/// Where in the stream something happened: MCU rows are counted from 0.
struct Place {
  unsigned scan = 0, mcu_row = 0, mcu_rows = 0;
  bool many_scans = false;
};
/// "in MCU row 12 of 40", "in MCU row 12 of 40 of scan 3", "in the header".
[[nodiscard]] std::string text_of(const Place& place);

/// The error handler of one libjpeg object.
struct ErrorTrap : jpeg_error_mgr {
  ErrorTrap();

  /// Forgets what the image before did. Strict: lost pixels end the decoding.
  void restart(bool ends_at_damage);
  /// Leaves libjpeg from within a callback, with a failure of our own.
  [[noreturn]] void leave(j_common_ptr cinfo, Code why, const char* text);

  bool strict = true;
  Code code = Code::ok;  ///< of the failure that ended libjpeg
  char message[JMSG_LENGTH_MAX] = {};
  Place place;       ///< of the failure
  long damages = 0;  ///< defects that cost pixels
  Place first_damage;
  char damage[JMSG_LENGTH_MAX] = {};
  char oddity[JMSG_LENGTH_MAX] = {};  ///< the first defect that cost nothing, or ""
  std::jmp_buf exit;
};

/// Runs calls into libjpeg; false when they failed: see trap.code.
template <class Calls>
[[nodiscard]] bool guarded(ErrorTrap& trap, Calls calls) {
  static_assert(std::is_trivially_destructible_v<Calls>);
  if (setjmp(trap.exit) != 0) return false;
  calls();
  return true;
}

}  // namespace glimt::jpeg
