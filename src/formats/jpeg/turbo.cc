// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/turbo.h"

#include <cstring>

#include <jerror.h>

namespace glimt::jpeg {
namespace {

struct Meaning {
  int message;
  Code code;
};
// libjpeg's errors that are not simply damaged data.
constexpr Meaning kMeanings[] = {
    {JERR_SOF_UNSUPPORTED, Code::unsupported},
    {JERR_BAD_PRECISION, Code::unsupported},
    {JERR_FRACT_SAMPLE_NOTIMPL, Code::unsupported},
    {JERR_CCIR601_NOTIMPL, Code::unsupported},
    {JERR_CONVERSION_NOTIMPL, Code::unsupported},
    {JERR_COMPONENT_COUNT, Code::unsupported},
    {JERR_IMAGE_TOO_BIG, Code::unsupported},
    {JERR_UNKNOWN_MARKER, Code::unsupported},
    {JERR_WIDTH_OVERFLOW, Code::unsupported},
    {JERR_OUT_OF_MEMORY, Code::out_of_memory},
    {JERR_BAD_STATE, Code::internal},
    {JERR_NOT_COMPILED, Code::internal},
    {JERR_BAD_VIRTUAL_ACCESS, Code::internal},
    {JERR_BUFFER_SIZE, Code::internal},
    {JERR_TOO_LITTLE_DATA, Code::internal},
};

Code code_of(int message) {
  for (const Meaning& meaning : kMeanings) {
    if (meaning.message == message) return meaning.code;
  }
  return Code::corrupt;
}

// Warnings after which every pixel is still known: odd headers, bytes between segments, and scan
// parameters that break a rule of the standard without leaving anything out.
constexpr int kOddities[] = {JWRN_ADOBE_XFORM,    JWRN_JFIF_MAJOR, JWRN_EXTRANEOUS_DATA,
                             JWRN_NOT_SEQUENTIAL, JWRN_BOGUS_ICC,  JWRN_BOGUS_PROGRESSION};

bool is_oddity(int message) {
  for (const int oddity : kOddities) {
    if (oddity == message) return true;
  }
  return false;
}

Place place_of(j_common_ptr cinfo) {
  if (!cinfo->is_decompressor) return {};
  const auto& decoder = *reinterpret_cast<j_decompress_ptr>(cinfo);
  if (decoder.input_scan_number == 0 || decoder.total_iMCU_rows == 0) return {};
  return {static_cast<unsigned>(decoder.input_scan_number), decoder.input_iMCU_row,
          decoder.total_iMCU_rows, decoder.input_scan_number > 1};
}

void error_exit(j_common_ptr cinfo) {
  auto& trap = *static_cast<ErrorTrap*>(cinfo->err);
  trap.code = code_of(trap.msg_code);
  trap.place = place_of(cinfo);
  (*trap.format_message)(cinfo, trap.message);
  std::longjmp(trap.exit, 1);
}

void emit_message(j_common_ptr cinfo, int level) {
  if (level >= 0) return;  // a trace
  auto& trap = *static_cast<ErrorTrap*>(cinfo->err);
  if (is_oddity(trap.msg_code)) {
    if (trap.oddity[0] == '\0') (*trap.format_message)(cinfo, trap.oddity);
    return;
  }
  if (trap.damages++ == 0) {
    trap.first_damage = place_of(cinfo);
    (*trap.format_message)(cinfo, trap.damage);
  }
  if (trap.strict) trap.leave(cinfo, Code::corrupt, trap.damage);
}

void output_message(j_common_ptr) {}

}  // namespace

std::string text_of(const Place& place) {
  if (place.scan == 0) return "in the header";
  const std::string scan = place.many_scans ? " of scan " + std::to_string(place.scan) : "";
  if (place.mcu_row >= place.mcu_rows) return "after the last MCU row" + scan;
  return "in MCU row " + std::to_string(place.mcu_row) + " of " + std::to_string(place.mcu_rows) +
         scan;
}

ErrorTrap::ErrorTrap() : jpeg_error_mgr{} {
  jpeg_std_error(this);
  jpeg_error_mgr::error_exit = jpeg::error_exit;
  jpeg_error_mgr::emit_message = jpeg::emit_message;
  jpeg_error_mgr::output_message = jpeg::output_message;
}

void ErrorTrap::restart(bool ends_at_damage) {
  strict = ends_at_damage;
  code = Code::ok;
  damages = 0;
  message[0] = damage[0] = oddity[0] = '\0';
  place = first_damage = {};
}

void ErrorTrap::leave(j_common_ptr cinfo, Code why, const char* text) {
  code = why;
  place = place_of(cinfo);
  if (text != message) {
    std::strncpy(message, text, sizeof message - 1);
    message[sizeof message - 1] = '\0';
  }
  std::longjmp(exit, 1);
}

}  // namespace glimt::jpeg
