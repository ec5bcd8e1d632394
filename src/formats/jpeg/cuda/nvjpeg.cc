// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/nvjpeg.h"

#include <string>

namespace glimt::jpeg::cuda::nvjpeg {
namespace {

constexpr const char* kFiles[] = {"libnvjpeg.so.13", "libnvjpeg.so.12"};
constexpr const char* kPackages[] = {"nvidia/cu13/lib", "nvidia/nvjpeg/lib"};

struct Meaning {
  Outcome outcome;
  Code code;
  std::string_view text;
};
constexpr Meaning kMeanings[] = {
    {kBadJpeg, Code::corrupt, "nvJPEG finds the stream damaged"},
    {kIncompleteBitstream, Code::truncated, "nvJPEG finds the stream incomplete"},
    {kJpegNotSupported, Code::unsupported, "nvJPEG's engine does not decode this kind of JPEG"},
    {kImplementationNotSupported, Code::device, "this nvJPEG does not know the engine"},
    {kArchMismatch, Code::device, "this GPU has no JPEG engine"},
    {kAllocatorFailure, Code::out_of_memory, "nvJPEG got no GPU memory"},
};

}  // namespace

Status load(const std::string& file, Api& api) {
  GLIMT_TRY(const gpu::Library library,
            gpu::Library::open({"nvJPEG", kFiles, kPackages, "GLIMT_NVJPEG"}, file));
  GLIMT_TRY(library.find("nvjpegCreateEx", api.create_ex));
  GLIMT_TRY(library.find("nvjpegDestroy", api.destroy));
  GLIMT_TRY(library.find("nvjpegGetHardwareDecoderInfo", api.get_hardware_decoder_info));
  GLIMT_TRY(library.find("nvjpegJpegStateCreate", api.jpeg_state_create));
  GLIMT_TRY(library.find("nvjpegJpegStateDestroy", api.jpeg_state_destroy));
  GLIMT_TRY(library.find("nvjpegJpegStreamCreate", api.jpeg_stream_create));
  GLIMT_TRY(library.find("nvjpegJpegStreamDestroy", api.jpeg_stream_destroy));
  GLIMT_TRY(library.find("nvjpegJpegStreamParseHeader", api.jpeg_stream_parse_header));
  GLIMT_TRY(library.find("nvjpegDecodeBatchedSupported", api.decode_batched_supported));
  GLIMT_TRY(library.find("nvjpegDecodeBatchedInitialize", api.decode_batched_initialize));
  return library.find("nvjpegDecodeBatched", api.decode_batched);
}

Status status_of(int outcome, std::string_view action) {
  if (outcome == kSuccess) return {};
  const std::string tail =
      " (status " + std::to_string(outcome) + " while " + std::string(action) + ")";
  for (const Meaning& row : kMeanings) {
    if (row.outcome == outcome) return {row.code, std::string(row.text) + tail};
  }
  return {Code::device, "nvJPEG failed" + tail};
}

}  // namespace glimt::jpeg::cuda::nvjpeg
