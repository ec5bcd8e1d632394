// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// glimt bench: how fast files decode on this machine.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/codecs.h"
#include "cli/files.h"
#include "cli/parallel.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/verbs.h"

namespace glimt::cli {
namespace {

constexpr const char* kFooter =
    R"(Each file is decoded to 8-bit RGB again and again, headers included, into the same memory, from bytes
in memory; the median counts. The last line decodes all files as one batch over the threads.
MP/s: million pixels a second.

Examples:
  glimt bench photo.jpg
  glimt bench photos/ --threads 1 --rounds 50)";

struct Options {
  std::vector<std::string> paths;
  int rounds = 15;
  bool fancy = true;
  CodecOptions codec;
};

struct Subject {
  std::string path;
  CodeStream stream;  ///< holds the mapping; each round parses its bytes anew
  double megapixels = 0;
};

CodeStream fresh(const Subject& subject) {
  return CodeStream::from_bytes(subject.stream.bytes(), nullptr);
}

/// One file, alone.
Status measure(const Decoder& decoder, const Options& options, Subject& subject, Table& table) {
  Result<CodeStream> stream = CodeStream::open(subject.path);
  if (!stream.ok()) return stream.status();
  subject.stream = std::move(*stream);
  Result<Decoded> first = decode_image(decoder, subject.stream, {});
  if (!first.ok()) return first.status();

  const Image memory = first->image;
  const Result<double> ms = median_ms(
      [&] { return decode_image(decoder, fresh(subject), {}, memory).status(); }, options.rounds);
  if (!ms.ok()) return ms.status();
  const ImageSpec& spec = memory.spec();
  subject.megapixels = static_cast<double>(spec.width) * static_cast<double>(spec.height) / 1e6;
  table.add({subject.path, pixels_text(spec.width, spec.height), first->backend, number_text(*ms),
             number_text(subject.megapixels / *ms * 1000)});
  return {};
}

/// All files that decode, as one batch.
Status measure_batch(const Decoder& decoder, const Options& options,
                     const std::vector<Subject>& subjects) {
  std::vector<Image> memory(subjects.size());
  const Result<double> ms = median_ms(
      [&]() -> Status {
        std::vector<Decoder::Item> items;
        for (std::size_t i = 0; i < subjects.size(); ++i) {
          items.push_back({fresh(subjects[i]), nullptr, memory[i]});
        }
        std::vector<DecodeResult> results = decoder.decode(items);
        for (std::size_t i = 0; i < results.size(); ++i) {
          if (!results[i].status.ok()) return results[i].status;
          memory[i] = std::move(results[i].image);
        }
        return {};
      },
      options.rounds);
  if (!ms.ok()) return ms.status();
  double megapixels = 0;
  for (const Subject& subject : subjects) megapixels += subject.megapixels;
  const unsigned threads = thread_count(options.codec.threads);
  fmt::print("{} files as a batch over {} thread{}: {} ms, {} MP/s\n", subjects.size(), threads,
             threads == 1 ? "" : "s", number_text(*ms), number_text(megapixels / *ms * 1000));
  return {};
}

int run(const Options& options) {
  const Inputs inputs = expand(options.paths);
  const Decoder decoder = Decoder::make(options.codec.config(upsampling(options.fancy))).value();
  warn_of_unknown("bench", decoder.unknown_options());

  Table table({{"file"},
               {"pixels", Align::right},
               {"backend"},
               {"ms", Align::right},
               {"MP/s", Align::right}});
  std::vector<Subject> subjects;
  bool all = !inputs.files.empty();
  for (const Input& input : inputs.files) {
    Subject subject{input.path, {}};
    if (const Status status = measure(decoder, options, subject, table); status.ok()) {
      subjects.push_back(std::move(subject));
    } else {
      all = false;
      fmt::print(stderr, "glimt bench: {}: {}\n", input.path, status.text());
    }
  }
  if (inputs.files.empty()) fmt::print(stderr, "glimt bench: no image files found\n");
  if (!table.empty()) fmt::print("{}", table.text());
  if (subjects.size() > 1) measure_batch(decoder, options, subjects).check();
  return all ? kSuccess : kSomeFailed;
}

}  // namespace

void add_bench(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_subcommand("bench", "Time the decoding of files");
  verb->add_option("FILE", options->paths, "Files, folders or globs")->required()->type_name("");
  verb->add_option("--rounds", options->rounds, "Rounds for each file, at most")
      ->check(CLI::Range(1, 100000).description(""))
      ->capture_default_str();
  add_upsampling(*verb, options->fancy);
  options->codec.add_to(*verb);
  verb->footer(kFooter);
  verb->callback([&action, options] { action = [options] { return run(*options); }; });
}

}  // namespace glimt::cli
