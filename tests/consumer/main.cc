// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// A user's first program: decodes a PPM that lies in memory and prints its size and a sample.
#include <cstdint>
#include <cstdio>
#include <string>

#include "glimt/glimt.h"

int main() {
  const std::string ppm = std::string("P6\n3 2\n255\n") + "abcdefghijklmnopqr";
  const glimt::Bytes bytes(reinterpret_cast<const std::uint8_t*>(ppm.data()), ppm.size());
  try {
    const glimt::Decoder decoder = glimt::Decoder::make().value();
    const glimt::Image image =
        decoder.decode(glimt::CodeStream::from_bytes(bytes, nullptr)).value().copy_to({}).value();
    const glimt::ImageSpec& spec = image.spec();
    std::printf("%lld x %lld x %u, first sample %u\n", static_cast<long long>(spec.width),
                static_cast<long long>(spec.height), spec.channels, image.data()[0]);
    return 0;
  } catch (const glimt::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
