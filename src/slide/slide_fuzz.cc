// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "glimt/slide.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto stream = glimt::CodeStream::from_bytes({data, size}, nullptr);
  static_cast<void>(glimt::slide_info(stream).ok());
  return 0;
}
