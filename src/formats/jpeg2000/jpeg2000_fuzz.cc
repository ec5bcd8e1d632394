// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The decoder that serves streams from anywhere; OpenJPH's serves only trusted ones.
#include "codec/fuzzing.h"
#include "formats/jpeg2000/backends.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return glimt::testing::fuzz_decoder(glimt::kOpenjpegDecoder, {data, size});
}
