// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Decodes an image of any format, prints what it is, and writes it in another. The README shows it.
#include <glimt/glimt.h>

#include <cstdio>

int main(int argc, char** argv) try {
  if (argc != 3) return 2;  // decode_one IN OUT
  const auto decoder = glimt::Decoder::make().value();
  const auto stream = glimt::CodeStream::open(argv[1]).value();
  const glimt::Image image = decoder.decode(stream).value();  // 8-bit RGB, upright
  const glimt::Image pixels = image.copy_to({}).value();      // the same, unless it lies on a GPU
  std::printf("%d x %d pixels, first sample %d\n", static_cast<int>(image.spec().width),
              static_cast<int>(image.spec().height), pixels.data()[0]);
  glimt::Encoder::make().value().write(argv[2], image).check();
  return 0;
} catch (const glimt::Error& error) {  // what is wrong, where, and what to do
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
