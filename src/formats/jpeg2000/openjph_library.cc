// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg2000/openjph_library.h"

#include <openjph/ojph_arch.h>
#include <openjph/ojph_message.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>
#include <utility>

namespace glimt::jpeg2000 {
namespace {

constexpr std::size_t kMostText = 512;
thread_local std::string said;

ssize_t hear(void*, const char* text, std::size_t bytes) {
  said.append(text, std::min(bytes, kMostText - std::min(kMostText, said.size())));
  return static_cast<ssize_t>(bytes);
}

/// 0.9 has no other way to its words: configure_error() copies a base class and drops the rest.
FILE* make_ear() {
  FILE* ear = fopencookie(nullptr, "w", {nullptr, hear, nullptr, nullptr});
  if (ear == nullptr) return nullptr;
  setvbuf(ear, nullptr, _IONBF, 0);
  ojph::set_info_stream(ear);
  ojph::set_warning_stream(ear);
  ojph::set_error_stream(ear);
  return ear;
}

}  // namespace

void listen_to_openjph() { [[maybe_unused]] static FILE* const ear = make_ear(); }

std::string take_openjph_message() {
  std::string text = std::exchange(said, {});
  // "ojph error 0x000300A1 at file.cpp:12: words\n": the words are for people.
  if (const auto head = text.find("ojph "); head == 0) {
    const auto place = text.find(": ");
    if (place != std::string::npos) text.erase(0, place + 2);
  }
  text.erase(std::min(text.find('\n'), text.size()));
  return text;
}

Status openjph_failure(std::string_view doing, Code code) {
  std::string text = "OpenJPH failed at " + std::string(doing);
  if (const std::string words = take_openjph_message(); !words.empty()) text += ": " + words;
  try {
    std::rethrow_exception(std::current_exception());
  } catch (const std::bad_alloc&) {
    code = Code::out_of_memory;
  } catch (const std::exception&) {
  } catch (const char* words) {  // its allocators and bit readers throw bare strings
    text += std::string(": ") + words;
    if (std::string_view(words).find("malloc") != std::string_view::npos)
      code = Code::out_of_memory;
  }
  return {code, std::move(text)};
}

}  // namespace glimt::jpeg2000
