// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Times batches of RGB images in device memory to complete JPEG files in ordinary host memory:
//   glimt_gpu_encode_bench [-n IMAGES] [-r RUNS] [-k SLICES] [-j THREADS] [-q QUALITY]
//   [-s 444|422|420|gray] [-o 0|1] [-p 0|1] [-i INTERVAL] FILE...
// (-o: optimized Huffman tables, -p: progressive). The JPEG files are decoded on the GPU first and
// repeated to IMAGES, each in memory of its own. Prints the median.
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
#include "formats/jpeg/cuda/batch_encoder.h"
#include "formats/jpeg/format.h"
#include "gpu/memory.h"
#include "gpu/stream.h"

namespace glimt::jpeg::cuda {
namespace {

struct Arguments {
  std::size_t images = 0;
  int runs = 15, threads = available_cores();
  BatchEncoder::Settings encoder;
  EncodeSettings settings{.quality = 90, .subsampling = ChromaSubsampling::css_420};
  std::vector<std::string> files;
};

ChromaSubsampling sampling_of(const std::string& text) {
  if (text == "444") return ChromaSubsampling::css_444;
  if (text == "422") return ChromaSubsampling::css_422;
  if (text == "gray") return ChromaSubsampling::css_gray;
  return ChromaSubsampling::css_420;
}

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
      arguments.encoder.slices = value;
      break;
    case 'j':
      arguments.threads = value;
      break;
    case 'q':
      arguments.settings.quality = value;
      break;
    case 's':
      arguments.settings.subsampling = sampling_of(text);
      break;
    case 'o':
      arguments.settings.optimized_huffman = value != 0;
      break;
    case 'p':
      arguments.settings.progressive = value != 0;
      break;
    case 'i':
      arguments.settings.restart_interval = static_cast<std::uint32_t>(value);
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
  std::vector<DeviceSource> sources;
  std::vector<Sink> sinks;
  double megapixels = 0;
  gpu::Block pixels;
};

/// Decodes the files to packed RGB.
Batch make_batch(const Arguments& arguments, gpu::StreamHandle stream, Worker& worker) {
  Batch batch;
  const std::size_t count = arguments.images > 0 ? arguments.images : arguments.files.size();
  std::vector<std::vector<std::uint8_t>> streams;
  std::vector<DeviceImage> images(count);
  std::size_t bytes = 0;
  PixelForm form;
  form.channels = 3;
  form.color = ColorModel::rgb;
  for (std::size_t i = 0; i < count; ++i) {
    streams.push_back(read_file(arguments.files[i % arguments.files.size()]));
    Header header;
    read_header(streams.back(), header).check();
    batch.megapixels += header.width * header.height / 1e6;
    DeviceSource source;
    source.image = packed_view(nullptr, header.width, header.height, form);
    source.image.data += bytes;
    source.settings = arguments.settings;
    batch.sources.push_back(source);
    bytes += (packed_bytes(header.width, header.height, form) + 255) / 256 * 256;
  }
  batch.pixels = gpu::take_block(gpu::MemoryKind::device, 0, bytes).value();
  for (std::size_t i = 0; i < count; ++i) {
    PixelView& view = batch.sources[i].image;
    view.data = batch.pixels.data() + reinterpret_cast<std::uintptr_t>(view.data);
    images[i].stream = streams[i];
    images[i].output.pixels = view.data;
    images[i].output.row_bytes = view.row_stride;
  }
  const auto decoder = BatchDecoder::make({}).value();
  decoder->submit(images, stream, worker).check();
  decoder->collect().check();
  for (const DeviceImage& image : images) image.status.check();
  batch.sinks.resize(count);
  return batch;
}

void run(const Arguments& arguments) {
  const gpu::Stream stream = gpu::Stream::make().value();
  Arena arena;
  const Limits limits;
  Worker worker{arena, limits, {}};
  worker.split_over = [&](std::size_t count, const Worker::Piece& piece) {
    run_on_pool(count, arguments.threads, [&](std::size_t i) { piece(i, worker); });
  };
  Batch batch = make_batch(arguments, stream.get(), worker);
  const auto encoder = BatchEncoder::make(arguments.encoder).value();
  std::vector<double> all, submitting;
  double megabytes = 0;
  constexpr int warm_up = 5;
  for (int i = 0; i < arguments.runs + warm_up; ++i) {
    for (std::size_t k = 0; k < batch.sources.size(); ++k) {
      batch.sinks[k] = Sink(std::move(batch.sinks[k]).finish());  // the memory of the run before
      batch.sources[k].sink = &batch.sinks[k];
    }
    const double start = milliseconds();
    encoder->submit(batch.sources, stream.get(), worker).check();
    const double submitted = milliseconds();
    encoder->collect().check();
    const double end = milliseconds();
    megabytes = 0;
    for (const DeviceSource& source : batch.sources) {
      source.status.check();
      megabytes += static_cast<double>(source.sink->size()) / 1e6;
    }
    if (i < warm_up) continue;
    all.push_back(end - start);
    submitting.push_back(submitted - start);
  }
  const double wall = median(all);
  const std::string& name = arguments.files.front();
  std::printf(
      "glimt encode n=%zu %s threads=%d slices=%d%s%s: %.3f ms = %.0f MP/s (submit %.3f, least "
      "%.3f; %.1f MB, %.1f MP)\n",
      batch.sources.size(), name.c_str() + name.rfind('/') + 1, arguments.threads,
      arguments.encoder.slices, arguments.settings.optimized_huffman ? " optimized" : "",
      arguments.settings.progressive ? " progressive" : "", wall, batch.megapixels / wall * 1e3,
      median(submitting), *std::min_element(all.begin(), all.end()), megabytes, batch.megapixels);
}

}  // namespace
}  // namespace glimt::jpeg::cuda

int main(int count, char** values) {
  using namespace glimt::jpeg::cuda;
  const Arguments arguments = read_arguments(count, values);
  if (arguments.files.empty()) {
    std::fprintf(stderr, "usage: glimt_gpu_encode_bench [-n IMAGES] [-r RUNS] ... FILE...\n");
    return 2;
  }
  try {
    run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "glimt_gpu_encode_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
