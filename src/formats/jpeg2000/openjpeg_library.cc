// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg2000/openjpeg_library.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <initializer_list>

namespace glimt::jpeg2000 {
namespace {

constexpr OPJ_SIZE_T kEnd = static_cast<OPJ_SIZE_T>(-1);
constexpr std::size_t kBufferBytes = 64 << 10;

void keep_first(std::string& kept, const char* text) {
  if (!kept.empty()) return;
  kept = text;
  while (!kept.empty() && std::isspace(static_cast<unsigned char>(kept.back())) != 0) {
    kept.pop_back();
  }
}

OPJ_SIZE_T read(void* to, OPJ_SIZE_T bytes, void* user) {
  auto& state = *static_cast<OpjReadState*>(user);
  if (state.position >= state.size()) return kEnd;
  constexpr std::uint8_t eoc[] = {0xFF, 0xD9};
  const bool behind = state.position >= state.data.size();
  const Bytes left = behind ? Bytes(eoc).subspan(state.position - state.data.size())
                            : state.data.subspan(state.position);
  const std::size_t count = std::min<std::size_t>(bytes, left.size());
  std::memcpy(to, left.data(), count);
  state.position += count;
  return count;
}

OPJ_OFF_T skip_read(OPJ_OFF_T bytes, void* user) {
  auto& state = *static_cast<OpjReadState*>(user);
  if (bytes < 0) return -1;
  const auto left = static_cast<OPJ_OFF_T>(state.size() - state.position);
  const OPJ_OFF_T count = std::min(bytes, left);
  state.position += static_cast<std::size_t>(count);
  return count;
}

OPJ_BOOL seek_read(OPJ_OFF_T position, void* user) {
  auto& state = *static_cast<OpjReadState*>(user);
  if (position < 0 || static_cast<std::uint64_t>(position) > state.size()) return OPJ_FALSE;
  state.position = static_cast<std::size_t>(position);
  return OPJ_TRUE;
}

/// Makes bytes [0, end) of the stream exist in the sink.
bool extend(OpjWriteState& state, std::size_t end) {
  const std::size_t written = state.sink->size() - state.origin;
  if (end <= written) return true;
  const auto room = state.sink->reserve(end - written);
  if (!room.ok()) {
    state.status = room.status();
    return false;
  }
  std::memset(room->data(), 0, end - written);
  state.sink->commit(end - written);
  return true;
}

OPJ_SIZE_T write(void* from, OPJ_SIZE_T bytes, void* user) {
  auto& state = *static_cast<OpjWriteState*>(user);
  const std::size_t end = state.position + bytes;
  if (!extend(state, end)) return kEnd;
  std::memcpy(state.sink->written().data() + state.origin + state.position, from, bytes);
  state.position = end;
  return bytes;
}

OPJ_OFF_T skip_written(OPJ_OFF_T bytes, void* user) {
  auto& state = *static_cast<OpjWriteState*>(user);
  if (bytes < 0 || !extend(state, state.position + static_cast<std::size_t>(bytes))) return -1;
  state.position += static_cast<std::size_t>(bytes);
  return bytes;
}

OPJ_BOOL seek_written(OPJ_OFF_T position, void* user) {
  auto& state = *static_cast<OpjWriteState*>(user);
  if (position < 0 || !extend(state, static_cast<std::size_t>(position))) return OPJ_FALSE;
  state.position = static_cast<std::size_t>(position);
  return OPJ_TRUE;
}

bool mentions(const std::string& text, std::initializer_list<std::string_view> words) {
  std::string lower = text;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

}  // namespace

void OpjMessages::on_error(const char* text, void* messages) {
  keep_first(static_cast<OpjMessages*>(messages)->error_, text);
}
void OpjMessages::on_warning(const char* text, void* messages) {
  keep_first(static_cast<OpjMessages*>(messages)->warning_, text);
}

void OpjMessages::attach(opj_codec_t* codec) {
  error_.clear();
  warning_.clear();
  opj_set_error_handler(codec, on_error, this);
  opj_set_warning_handler(codec, on_warning, this);
}

Status OpjMessages::failure(std::string_view doing) const {
  const std::string& said = error_.empty() ? warning_ : error_;
  Code code = Code::corrupt;
  if (mentions(said, {"too short", "truncated", "inconsistent with stream length"})) {
    code = Code::truncated;
  } else if (mentions(said, {"unsupported", "not supported", "not implemented"})) {
    code = Code::unsupported;
  } else if (mentions(said, {"memory"})) {
    code = Code::out_of_memory;
  }
  return {code, "OpenJPEG failed at " + std::string(doing) +
                    (said.empty() ? std::string() : ": " + said)};
}

OpjStream open_for_reading(OpjReadState& state) {
  OpjStream stream(opj_stream_create(kBufferBytes, OPJ_STREAM_READ));
  if (!stream) return nullptr;
  opj_stream_set_user_data(stream.get(), &state, nullptr);
  opj_stream_set_user_data_length(stream.get(), state.size());
  opj_stream_set_read_function(stream.get(), read);
  opj_stream_set_skip_function(stream.get(), skip_read);
  opj_stream_set_seek_function(stream.get(), seek_read);
  return stream;
}

OpjStream open_for_writing(OpjWriteState& state) {
  OpjStream stream(opj_stream_create(kBufferBytes, OPJ_STREAM_WRITE));
  if (!stream) return nullptr;
  opj_stream_set_user_data(stream.get(), &state, nullptr);
  opj_stream_set_write_function(stream.get(), write);
  opj_stream_set_skip_function(stream.get(), skip_written);
  opj_stream_set_seek_function(stream.get(), seek_written);
  return stream;
}

}  // namespace glimt::jpeg2000
