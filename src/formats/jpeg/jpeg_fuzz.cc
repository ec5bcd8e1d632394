// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Both decoders. The highest bit of the first byte, which says what is asked of them, chooses.
#include "codec/fuzzing.h"
#include "formats/jpeg/backends.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bool own = size > 0 && (data[0] & 128U) != 0;
  return glimt::testing::fuzz_decoder(own ? glimt::kJpegDecoder : glimt::kJpegTurboDecoder,
                                      {data, size});
}
