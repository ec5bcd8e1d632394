// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/fuzzing.h"
#include "formats/tiff/backends.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return glimt::testing::fuzz_decoder(glimt::kTiffDecoder, {data, size});
}
