// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Times batches of JPEG files from pageable host buffers to finished RGB in device memory:
//   glimt_gpu_bench [-n IMAGES] [-r RUNS] [-k SLICES] [-j THREADS] [-f 0|1] [-S B -D B -R N -H 0|1]
//   [-p 0|1] [-w PIXELS] [-t 0|1] FILE...
// The files are repeated to IMAGES, each image from a buffer of its own. Prints the median.
// -p: the files are made progressive first. -w: only a square window in the middle is decoded.
// -t: pixels are transposed, as orientation 5 asks for.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/arena.h"
#include "engine/pool.h"
#include "formats/jpeg/cuda/batch_decoder.h"
#include "formats/jpeg/format.h"
#include "gpu/memory.h"
#include "gpu/stream.h"
#include "progressive.h"

namespace glimt::jpeg::cuda {
namespace {

struct Arguments {
  std::size_t images = 0;
  int runs = 15, threads = available_cores(), window = 0;
  bool transposed = false;
  BatchDecoder::Settings settings;
  Parameters parameters;
  bool tuned = true, progressive = false;
  std::vector<std::string> files;
};

void take_option(char letter, const char* text, Arguments& arguments) {
  const int value = std::atoi(text);
  switch (letter) {
    case 'n':
      arguments.images = static_cast<std::size_t>(value);
      break;
    case 'r':
      arguments.runs = value;
      break;
    case 'k':
      arguments.settings.slices = value;
      break;
    case 'j':
      arguments.threads = value;
      break;
    case 'f':
      arguments.settings.fancy_upsampling = value != 0;
      break;
    case 'w':
      arguments.window = value;
      break;
    case 't':
      arguments.transposed = value != 0;
      break;
    case 'p':
      arguments.progressive = value != 0;
      break;
    case 'S':
      arguments.parameters.subsequence_bytes = value;
      arguments.tuned = false;
      break;
    case 'D':
      arguments.parameters.preroll_bytes = value;
      break;
    case 'H':
      arguments.parameters.probes = value != 0;
      break;
    case 'R':
      arguments.parameters.run = value;
      break;
    default:
      std::fprintf(stderr, "no option -%c\n", letter);
      std::exit(2);
  }
}

Arguments read_arguments(int count, char** values) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string word = values[i];
    if (word.size() == 2 && word[0] == '-' && i + 1 < count) {
      take_option(word[1], values[++i], arguments);
    } else {
      arguments.files.push_back(word);
    }
  }
  return arguments;
}

std::vector<std::uint8_t> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

double milliseconds() {
  using namespace std::chrono;
  return duration<double, std::milli>(steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Batch {
  std::vector<std::vector<std::uint8_t>> streams;
  std::vector<DeviceImage> images;
  double megapixels = 0, megabytes = 0;
  gpu::Block pixels;
};

Output output_for(const Arguments& arguments, std::int64_t width, std::int64_t height) {
  Output output;
  const std::int64_t across = std::min<std::int64_t>(arguments.window, width);
  const std::int64_t down = std::min<std::int64_t>(arguments.window, height);
  if (arguments.window > 0) {
    const std::int64_t x = (width - across) / 2, y = (height - down) / 2;
    output.window = {x, y, x + across, y + down};
    width = across;
    height = down;
  }
  output.row_bytes = width * 3;
  if (arguments.transposed) {
    output.row_bytes = 3;
    output.pixel_bytes = height * 3;
  }
  return output;
}

Batch make_batch(const Arguments& arguments) {
  Batch batch;
  const std::size_t count = arguments.images > 0 ? arguments.images : arguments.files.size();
  std::vector<std::size_t> offsets;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t files = arguments.files.size();
    if (i >= files) {
      batch.streams.push_back(batch.streams[i % files]);
    } else {
      const auto file = read_file(arguments.files[i]);
      batch.streams.push_back(arguments.progressive ? bench::to_progressive(file) : file);
    }
    Header header;
    read_header(batch.streams.back(), header).check();
    batch.megapixels += header.width * header.height / 1e6;
    batch.megabytes += static_cast<double>(batch.streams.back().size()) / 1e6;
    offsets.push_back(bytes);
    DeviceImage image;
    image.output = output_for(arguments, header.width, header.height);
    batch.images.push_back(image);
    bytes += std::size_t{header.width} * header.height * 3 / 256 * 256 + 256;
  }
  batch.pixels = gpu::take_block(gpu::MemoryKind::device, 0, bytes).value();
  for (std::size_t i = 0; i < count; ++i) {
    batch.images[i].stream = batch.streams[i];
    batch.images[i].output.pixels = batch.pixels.data() + offsets[i];
  }
  return batch;
}

void run(const Arguments& arguments) {
  Batch batch = make_batch(arguments);
  const auto decoder = BatchDecoder::make(arguments.settings).value();
  const gpu::Stream stream = gpu::Stream::make().value();
  Arena arena;
  const Limits limits;
  Worker worker{arena, limits, {}};
  worker.split_over = [&](std::size_t count, const Worker::Piece& piece) {
    run_on_pool(count, arguments.threads, [&](std::size_t i) { piece(i, worker); });
  };
  std::vector<double> all, submitting;
  constexpr int warm_up = 5;
  for (int i = 0; i < arguments.runs + warm_up; ++i) {
    const double start = milliseconds();
    decoder->submit(batch.images, stream.get(), worker).check();
    const double submitted = milliseconds();
    decoder->collect().check();
    const double end = milliseconds();
    for (const DeviceImage& image : batch.images) image.status.check();
    if (i < warm_up) continue;
    all.push_back(end - start);
    submitting.push_back(submitted - start);
  }
  const double wall = median(all);
  const std::string& name = arguments.files.front();
  std::printf(
      "glimt n=%zu %s%s threads=%d slices=%d S=%d: %.3f ms = %.0f MP/s (submit %.3f, least %.3f; "
      "%.1f MB, %.1f MP)\n",
      batch.images.size(), name.c_str() + name.rfind('/') + 1,
      arguments.progressive ? " progressive" : "", arguments.threads, arguments.settings.slices,
      arguments.tuned ? 0 : arguments.parameters.subsequence_bytes, wall,
      batch.megapixels / wall * 1e3, median(submitting), *std::min_element(all.begin(), all.end()),
      batch.megabytes, batch.megapixels);
}

}  // namespace
}  // namespace glimt::jpeg::cuda

int main(int count, char** values) {
  using namespace glimt::jpeg::cuda;
  Arguments arguments = read_arguments(count, values);
  if (arguments.files.empty()) {
    std::fprintf(stderr, "usage: glimt_gpu_bench [-n IMAGES] [-r RUNS] ... FILE...\n");
    return 2;
  }
  if (!arguments.tuned) arguments.settings.parameters = &arguments.parameters;
  try {
    run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "glimt_gpu_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
