// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Decodes an image of any format, prints what it is, and writes it as a PNG.
#include <cstdio>

#include <glimt/glimt.h>

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fprintf(stderr, "usage: decode_one IN OUT.png\n");
    return 2;
  }
  const auto decoder = glimt::Decoder::make().value();
  const auto stream = glimt::CodeStream::open(argv[1]).value();
  const glimt::Image image = decoder.decode(stream).value();  // 8-bit RGB, upright
  const glimt::ImageSpec& spec = image.spec();
  std::printf("%lld x %lld pixels, first sample %d\n", static_cast<long long>(spec.width),
              static_cast<long long>(spec.height), image.data()[0]);
  glimt::Encoder::make().value().write(argv[2], image).check();
  return 0;
} catch (const glimt::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
