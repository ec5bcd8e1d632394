// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The codes of ITU-T T.4 (tables 2 to 4) and T.6 (table 1) as tables that the bits to come are
// looked up in.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace glimt::tiff::ccitt {

// By run length: 0 to 63; 64 to 1728 in steps of 64; 1792 to 2560, the same for both colours.
constexpr std::string_view kWhiteTerminating =
    "00110101 000111 0111 1000 1011 1100 1110 1111 10011 10100 00111 01000 001000 000011 "
    "110100 110101 101010 101011 0100111 0001100 0001000 0010111 0000011 0000100 0101000 "
    "0101011 0010011 0100100 0011000 00000010 00000011 00011010 00011011 00010010 00010011 "
    "00010100 00010101 00010110 00010111 00101000 00101001 00101010 00101011 00101100 "
    "00101101 00000100 00000101 00001010 00001011 01010010 01010011 01010100 01010101 "
    "00100100 00100101 01011000 01011001 01011010 01011011 01001010 01001011 00110010 "
    "00110011 00110100";
constexpr std::string_view kWhiteMakeUp =
    "11011 10010 010111 0110111 00110110 00110111 01100100 01100101 01101000 01100111 "
    "011001100 011001101 011010010 011010011 011010100 011010101 011010110 011010111 "
    "011011000 011011001 011011010 011011011 010011000 010011001 010011010 011000 "
    "010011011";
constexpr std::string_view kBlackTerminating =
    "0000110111 010 11 10 011 0011 0010 00011 000101 000100 0000100 0000101 0000111 "
    "00000100 00000111 000011000 0000010111 0000011000 0000001000 00001100111 00001101000 "
    "00001101100 00000110111 00000101000 00000010111 00000011000 000011001010 000011001011 "
    "000011001100 000011001101 000001101000 000001101001 000001101010 000001101011 "
    "000011010010 000011010011 000011010100 000011010101 000011010110 000011010111 "
    "000001101100 000001101101 000011011010 000011011011 000001010100 000001010101 "
    "000001010110 000001010111 000001100100 000001100101 000001010010 000001010011 "
    "000000100100 000000110111 000000111000 000000100111 000000101000 000001011000 "
    "000001011001 000000101011 000000101100 000001011010 000001100110 000001100111";
constexpr std::string_view kBlackMakeUp =
    "0000001111 000011001000 000011001001 000001011011 000000110011 000000110100 "
    "000000110101 0000001101100 0000001101101 0000001001010 0000001001011 0000001001100 "
    "0000001001101 0000001110010 0000001110011 0000001110100 0000001110101 0000001110110 "
    "0000001110111 0000001010010 0000001010011 0000001010100 0000001010101 0000001011010 "
    "0000001011011 0000001100100 0000001100101";
constexpr std::string_view kLongMakeUp =
    "00000001000 00000001100 00000001101 000000010010 000000010011 000000010100 "
    "000000010101 000000010110 000000010111 000000011100 000000011101 000000011110 "
    "000000011111";

struct RunCode {
  std::uint16_t run = 0;
  std::uint8_t bits = 0;  ///< 0: no code begins so
};
constexpr unsigned kRunBits = 13;
using RunTable = std::array<RunCode, std::size_t{1} << kRunBits>;

constexpr void add_codes(RunTable& table, std::string_view codes, unsigned first, unsigned step) {
  unsigned code = 0, bits = 0, run = first;
  for (std::size_t i = 0; i <= codes.size(); ++i) {
    if (i < codes.size() && codes[i] != ' ') {
      code = code << 1 | (codes[i] == '1' ? 1U : 0U);
      ++bits;
      continue;
    }
    for (std::size_t rest = 0; rest < std::size_t{1} << (kRunBits - bits); ++rest) {
      table[(static_cast<std::size_t>(code) << (kRunBits - bits)) + rest] = {
          static_cast<std::uint16_t>(run), static_cast<std::uint8_t>(bits)};
    }
    run += step;
    code = bits = 0;
  }
}

constexpr RunTable make_run_table(std::string_view terminating, std::string_view make_up) {
  RunTable table{};
  add_codes(table, terminating, 0, 1);
  add_codes(table, make_up, 64, 64);
  add_codes(table, kLongMakeUp, 1792, 64);
  return table;
}

/// White runs, black runs.
inline constexpr std::array<RunTable, 2> kRuns{make_run_table(kWhiteTerminating, kWhiteMakeUp),
                                               make_run_table(kBlackTerminating, kBlackMakeUp)};

enum class Mode : std::uint8_t { none, pass, horizontal, vertical, extension };
struct ModeCode {
  Mode mode = Mode::none;
  std::uint8_t bits = 0;
  std::int8_t offset = 0;  ///< of vertical mode: a1 - b1
};
constexpr unsigned kModeBits = 7;

constexpr std::array<ModeCode, std::size_t{1} << kModeBits> make_mode_table() {
  struct Row {
    unsigned code;
    ModeCode mode;
  };
  constexpr Row rows[] = {
      {0b0001, {Mode::pass, 4, 0}},         {0b001, {Mode::horizontal, 3, 0}},
      {0b1, {Mode::vertical, 1, 0}},        {0b011, {Mode::vertical, 3, 1}},
      {0b000011, {Mode::vertical, 6, 2}},   {0b0000011, {Mode::vertical, 7, 3}},
      {0b010, {Mode::vertical, 3, -1}},     {0b000010, {Mode::vertical, 6, -2}},
      {0b0000010, {Mode::vertical, 7, -3}}, {0b0000001, {Mode::extension, 7, 0}},
  };
  std::array<ModeCode, std::size_t{1} << kModeBits> table{};
  for (const Row& row : rows) {
    const unsigned free = kModeBits - row.mode.bits;
    for (unsigned rest = 0; rest < 1U << free; ++rest) table[(row.code << free) + rest] = row.mode;
  }
  return table;
}
inline constexpr auto kModes = make_mode_table();

}  // namespace glimt::tiff::ccitt
