// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <map>
#include <set>

#include "engine/config.h"
#include "engine/pool.h"
#include "python/bind.h"
#include "python/codec_object.h"
#include "python/import_image.h"
#include "python/objects.h"
#include "python/outcome.h"
#include "python/source.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace glimt::python {
namespace {

using EncoderObject = CodecObject<Encoder>;

struct EncodeOutcome : Outcome {};

/// Images of one call, or why one cannot be had.
struct EncodeInput {
  std::vector<Encoder::Item> items;
  std::vector<Status> refusals;
};

EncodeInput input_of(const std::vector<nb::object>& objects) {
  EncodeInput input;
  input.items.resize(objects.size());
  input.refusals.resize(objects.size());
  for (std::size_t i = 0; i < objects.size(); ++i) {
    ImageObject* image = nullptr;
    if (nb::try_cast(objects[i], image) && image != nullptr) {
      input.items[i].image = image->image;
      continue;
    }
    if (objects[i].is_none()) {
      input.refusals[i] = Status(Code::bad_argument, "the image is None");
      continue;
    }
    try {
      input.items[i].image = import_image(objects[i]);
    } catch (nb::python_error& error) {
      if (!error.matches(PyExc_Exception)) throw;
      input.refusals[i] = Status(Code::bad_argument, nb::str(error.value()).c_str());
    } catch (const Error& error) {
      input.refusals[i] = Status(error.code(), error.what());
    }
  }
  return input;
}

std::vector<nb::object> list_of(nb::handle objects) {
  std::vector<nb::object> list;
  for (nb::handle object : nb::iter(objects)) list.push_back(nb::borrow(object));
  return list;
}

EncodeParams params_of(const EncodeParams* params) { return params ? *params : EncodeParams(); }

const Encoder& open_encoder(const std::optional<Encoder>& encoder) {
  if (!encoder) raise_runtime_error("the encoder was closed by its context manager");
  return *encoder;
}

/// Encodes with the GIL released; refused inputs keep their reason.
std::vector<EncodeResult> run(const Encoder& encoder, EncodeInput& input, const std::string& codec,
                              const EncodeParams& params) {
  std::vector<EncodeResult> results;
  {
    const nb::gil_scoped_release released;
    results = encoder.encode(input.items, codec, params);
  }
  flush_engine_log();
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!input.refusals[i].ok()) results[i].status = input.refusals[i];
  }
  return results;
}

void log_failure(const EncodeResult& result, const std::string& what) {
  if (result.status.ok()) return;
  log_record(LogLevel::warning,
             fmt::format("cannot encode {}: {}", what, reason_of(result.status, result.attempts)));
}

/// Output streams to write into again, or None.
std::vector<nb::object> reuse_of(nb::handle streams, std::size_t count) {
  if (streams.is_none()) return std::vector<nb::object>(count, nb::none());
  if (PyIter_Check(streams.ptr()) == 0 && !is_sequence(streams)) {
    raise_value_error("for several images code_stream_s is a list with a CodeStream or None each");
  }
  std::vector<nb::object> reuse = list_of(streams);
  if (reuse.size() != count) {
    raise_value_error(
        fmt::format("code_stream_s has {} entries for {} images", reuse.size(), count));
  }
  for (const nb::object& stream : reuse) {
    if (stream.is_none()) continue;
    if (!nb::isinstance<StreamObject>(stream)) {
      raise_value_error("code_stream_s is a CodeStream for one image, a list of them for a list");
    }
    if (nb::inst_ptr<StreamObject>(stream)->output == nullptr) {
      raise_value_error(
          "a CodeStream to encode into is made by CodeStream(pre_allocated_size=...) or by an "
          "Encoder");
    }
  }
  return reuse;
}

/// The stream of an image, in the memory of `reuse` where there is one.
nb::object stream_of(EncodeResult& result, const nb::object& reuse, EncodedBytes memory) {
  if (reuse.is_none()) {
    return result.status.ok() ? nb::cast(StreamObject(std::move(result.bytes)))
                              : nb::object(nb::none());
  }
  auto* stream = nb::inst_ptr<StreamObject>(reuse);
  if (result.status.ok()) {
    stream->set_encoded(std::move(result.bytes));
    return reuse;
  }
  stream->output->bytes = std::move(memory);
  return nb::none();
}

/// Rules of encode: "" and unknown extensions are the caller's mistakes.
void check_codec(const std::string& codec) {
  if (codec.empty()) raise_value_error("the codec is unspecified: give a name or an extension");
  if (codec[0] != '.') return;
  const auto name = codec_of(codec);
  if (!name.ok()) raise_value_error("the codec is unsupported: " + name.status().message());
}

std::vector<EncodeOutcome> encode_all(EncoderObject& self, const std::vector<nb::object>& images,
                                      const std::string& codec, nb::handle streams,
                                      const EncodeParams* params) {
  check_codec(codec);
  if (images.empty() && streams.is_none()) return {};
  const std::optional<Encoder> held = self.get();
  const Encoder& encoder = open_encoder(held);
  EncodeInput input = input_of(images);
  std::vector<nb::object> reuse = reuse_of(streams, images.size());
  std::set<PyObject*> taken;
  for (std::size_t i = 0; i < reuse.size(); ++i) {
    if (reuse[i].is_none()) continue;
    if (!taken.insert(reuse[i].ptr()).second) {
      input.refusals[i] = Status(Code::bad_argument, "its CodeStream is an earlier image's, too");
      reuse[i] = nb::none();
      continue;
    }
    input.items[i].reuse = nb::inst_ptr<StreamObject>(reuse[i])->take_output();
  }
  std::vector<EncodeResult> results = run(encoder, input, codec, params_of(params));

  std::vector<EncodeOutcome> outcomes(results.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    outcomes[i].status = results[i].status;
    outcomes[i].attempts = std::move(results[i].attempts);
    outcomes[i].note = std::move(results[i].note);
    outcomes[i].result = stream_of(results[i], reuse[i], std::move(input.items[i].reuse));
  }
  return outcomes;
}

void log_note(const std::string& note, const std::string& what) {
  if (!note.empty()) log_record(LogLevel::info, fmt::format("encoded {}: {}", what, note));
}

void log_outcomes(const std::vector<EncodeOutcome>& outcomes, const std::string& codec) {
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const std::string place = outcomes.size() == 1 ? "the image" : fmt::format("image [{}]", i);
    if (outcomes[i].status.ok()) {
      log_note(outcomes[i].note, place);
      continue;
    }
    log_record(LogLevel::warning, fmt::format("cannot encode {} as {}: {}", place, codec,
                                              reason_of(outcomes[i].status, outcomes[i].attempts)));
  }
}

std::vector<Outcome> without_results(const std::vector<EncodeOutcome>& outcomes) {
  std::vector<Outcome> kept(outcomes.begin(), outcomes.end());
  for (Outcome& outcome : kept) outcome.result = nb::none();
  return kept;
}

nb::list encode_batch(EncoderObject& self, const SequenceArgument& image_s,
                      const std::string& codec, nb::handle code_stream_s,
                      const EncodeParams* params, std::int64_t) {
  const auto outcomes = encode_all(self, list_of(image_s.object), codec, code_stream_s, params);
  log_outcomes(outcomes, codec);
  nb::list results;
  for (const EncodeOutcome& outcome : outcomes) results.append(outcome.result);
  self.remember(without_results(outcomes));
  return results;
}

nb::object encode_one(EncoderObject& self, nb::handle image, const std::string& codec,
                      nb::handle code_stream, const EncodeParams* params, std::int64_t) {
  if (image.is_none()) return nb::none();
  if (is_sequence(code_stream)) {
    raise_value_error("code_stream_s is a list, image_s a single image: give a single CodeStream");
  }
  nb::object streams = code_stream.is_none() ? nb::none() : nb::object(nb::make_tuple(code_stream));
  const auto outcomes = encode_all(self, {nb::borrow(image)}, codec, streams, params);
  log_outcomes(outcomes, codec);
  self.remember(without_results(outcomes));
  return outcomes[0].result;
}

nb::list try_batch(EncoderObject& self, const SequenceArgument& image_s, const std::string& codec,
                   const EncodeParams* params) {
  nb::list results;
  for (EncodeOutcome& outcome :
       encode_all(self, list_of(image_s.object), codec, nb::none(), params)) {
    results.append(std::move(outcome));
  }
  return results;
}

EncodeOutcome try_one(EncoderObject& self, nb::handle image, const std::string& codec,
                      const EncodeParams* params) {
  return std::move(encode_all(self, {nb::borrow(image)}, codec, nb::none(), params)[0]);
}

/// The codec of a file: the one given, or that of its extension, or JPEG when it has none.
std::string codec_for(const std::string& path, const std::string& codec) {
  std::string chosen = codec;
  if (chosen.empty()) {
    const std::size_t slash = path.find_last_of('/');
    const std::size_t dot = path.find_last_of('.');
    const bool has =
        dot != std::string::npos && (slash == std::string::npos || dot > slash + 1) && dot != 0;
    if (!has) {
      log_record(LogLevel::warning, fmt::format("'{}' has no extension: JPEG is written", path));
      return "jpeg";
    }
    chosen = path.substr(dot);
  }
  // A name without a dot that is unknown is refused image by image, as in encode.
  const auto name = codec_of(chosen);
  if (!name.ok() && chosen[0] == '.') {
    raise_value_error(fmt::format("'{}': {}", path, name.status().message()));
  }
  return chosen;
}

/// A batch, codec by codec; every file is written whole or not at all.
std::vector<EncodeResult> write_all(EncoderObject& self, const std::vector<std::string>& paths,
                                    const std::vector<nb::object>& images, const std::string& codec,
                                    const EncodeParams* params) {
  const std::optional<Encoder> held = self.get();
  const Encoder& encoder = open_encoder(held);
  std::map<std::string, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < paths.size(); ++i) groups[codec_for(paths[i], codec)].push_back(i);

  EncodeInput input = input_of(images);
  std::vector<EncodeResult> results(paths.size());
  for (const auto& [name, members] : groups) {
    EncodeInput group;
    for (const std::size_t i : members) {
      group.items.push_back(std::move(input.items[i]));
      group.refusals.push_back(input.refusals[i]);
    }
    std::vector<EncodeResult> encoded = run(encoder, group, name, params_of(params));
    const nb::gil_scoped_release released;
    run_on_pool(members.size(), thread_count(encoder.config()), [&](std::size_t k) {
      EncodeResult& result = results[members[k]] = std::move(encoded[k]);
      if (result.status.ok()) result.status = write_file(paths[members[k]], result.bytes.bytes());
      result.bytes = {};
    });
  }
  return results;
}

nb::object write_one(EncoderObject& self, const PathArgument& file_name, nb::handle image,
                     const std::string& codec, const EncodeParams* params, std::int64_t) {
  const std::string path = path_of(file_name.object);
  if (image.is_none()) return nb::none();
  const auto results = write_all(self, {path}, {nb::borrow(image)}, codec, params);
  // The encoder had its image, so what failed is the file.
  const bool file_failed = results[0].status.code() == Code::bad_argument &&
                           !results[0].attempts.empty() && results[0].attempts.back().status.ok();
  if (file_failed) raise_unwritable(path, results[0].status);
  log_failure(results[0], fmt::format("'{}'", path));
  if (!results[0].status.ok()) return nb::none();
  return nb::module_::import_("os").attr("fspath")(file_name.object);
}

nb::list write_batch(EncoderObject& self, const BatchArgument& file_names, nb::handle images,
                     const std::string& codec, const EncodeParams* params, std::int64_t) {
  const std::vector<nb::object> names = list_of(file_names.object);
  if (PySequence_Check(images.ptr()) == 0 || PyUnicode_Check(images.ptr())) {
    throw nb::type_error("images is a list with one image for each file name");
  }
  const std::vector<nb::object> list = list_of(images);
  if (names.size() != list.size()) {
    raise_value_error(
        fmt::format("there are {} file names for {} images", names.size(), list.size()));
  }
  std::vector<std::string> paths;
  for (const nb::object& name : names) {
    if (!is_path(name)) throw nb::type_error("file_names are str or os.PathLike");
    paths.push_back(path_of(name));
  }
  const auto results = write_all(self, paths, list, codec, params);
  nb::object fspath = nb::module_::import_("os").attr("fspath");
  nb::list written;
  for (std::size_t i = 0; i < results.size(); ++i) {
    log_failure(results[i], fmt::format("[{}] '{}'", i, paths[i]));
    written.append(results[i].status.ok() ? nb::object(fspath(names[i])) : nb::object(nb::none()));
  }
  return written;
}

constexpr char kEncoderDoc[] =
    "Encodes images to any known format. Safe to use from many threads at once.\n\n"
    "Images: an Image, or whatever as_image takes; a list or tuple of these is a batch, spread "
    "over\n"
    "the cores.";
constexpr char kEncodeDoc[] =
    "codec: a name ('jpeg', 'jpeg2k', 'png', 'bmp', 'pnm', 'webp', 'tiff') or an extension with "
    "its\n"
    "dot ('.JPG').\n"
    "code_stream_s: CodeStreams to write into; their memory is used again, and grows as needed.\n"
    "cuda_stream: ignored on the CPU.\n"
    "Returns a CodeStream, or None and a record on the logger 'glimt'; a list of these for a "
    "batch.\n"
    "ValueError: the codec is empty or an unknown extension; the lists differ in length.\n"
    "RuntimeError: the encoder was closed by its context manager.";
constexpr char kWriteDoc[] =
    "Encodes to a file, which appears whole or not at all.\n\n"
    "codec: as for encode; when empty that of the name's extension, JPEG when there is none.\n"
    "Returns the name, or None and a record on the logger 'glimt' when it cannot be encoded.\n"
    "FileMissing, FileError: the file cannot be written. ValueError: the codec is unknown.";

}  // namespace

void bind_encoder(nb::module_& m) {
  nb::class_<EncodeOutcome> outcome(m, "EncodeOutcome", "What became of one image.",
                                    nb::is_weak_referenceable());
  def_outcome(outcome, "EncodeOutcome");
  outcome.def_prop_ro(
      "code_stream", [](const EncodeOutcome& o) { return o.result; },
      nb::sig("def code_stream(self) -> CodeStream | None"), "The CodeStream, or None.");

  nb::class_<EncoderObject> encoder(m, "Encoder", kEncoderDoc, nb::is_weak_referenceable());
  def_codec(
      encoder,
      "def __init__(self, device_id: int = -1, max_num_cpu_threads: int = 0, backends: "
      "collections.abc.Sequence[Backend | glimt.BackendKind] | None = None, options: str = '') "
      "-> None",
      "def __enter__(self) -> Encoder", "");
  encoder
      .def_prop_ro(
          "last_status", &last_status<EncodeOutcome, EncoderObject>,
          nb::sig("def last_status(self) -> list[EncodeOutcome]"),
          "What became of each image of the last encode(), without the streams; of the last "
          "call of\nany thread. try_encode() tells each caller of its own.")
      .def("encode", &encode_batch, "image_s"_a, "codec"_a, nb::kw_only(),
           "code_stream_s"_a = nb::none(), "params"_a = nb::none(), "cuda_stream"_a = 0,
           nb::sig(
               "def encode(self, image_s: list[typing.Any] | tuple[typing.Any, ...], codec: str, "
               "*, code_stream_s: collections.abc.Sequence[CodeStream | None] | None = None, "
               "params: EncodeParams | None = None, cuda_stream: int = 0) -> "
               "list[CodeStream | None]"),
           kEncodeDoc)
      .def("encode", &encode_one, "image_s"_a.none(), "codec"_a, nb::kw_only(),
           "code_stream_s"_a = nb::none(), "params"_a = nb::none(), "cuda_stream"_a = 0,
           nb::sig(
               "def encode(self, image_s: typing.Any, codec: str, *, code_stream_s: CodeStream | "
               "None = None, params: EncodeParams | None = None, cuda_stream: int = 0) -> "
               "CodeStream | None"),
           "The same for one image.")
      .def(
          "try_encode", &try_batch, "image_s"_a, "codec"_a, nb::kw_only(), "params"_a = nb::none(),
          nb::sig("def try_encode(self, image_s: list[typing.Any] | tuple[typing.Any, ...], codec: "
                  "str, *, params: EncodeParams | None = None) -> list[EncodeOutcome]"),
          "encode(), which tells what became of each image instead of logging it.")
      .def(
          "try_encode", &try_one, "image_s"_a.none(), "codec"_a, nb::kw_only(),
          "params"_a = nb::none(),
          nb::sig("def try_encode(self, image_s: typing.Any, codec: str, *, params: EncodeParams | "
                  "None = None) -> EncodeOutcome"),
          "The same for one image.")
      .def("write", &write_one, "file_name"_a, "image"_a.none(), "codec"_a = "",
           "params"_a = nb::none(), "cuda_stream"_a = 0,
           nb::sig(
               "def write(self, file_name: str | os.PathLike[str], image: typing.Any, codec: str "
               "= '', params: EncodeParams | None = None, cuda_stream: int = 0) -> str | None"),
           kWriteDoc)
      .def("write", &write_batch, "file_names"_a, "images"_a, "codec"_a = "",
           "params"_a = nb::none(), "cuda_stream"_a = 0,
           nb::sig("def write(self, file_names: list[typing.Any] | tuple[typing.Any, ...], "
                   "images: list[typing.Any] | tuple[typing.Any, ...], codec: str = '', params: "
                   "EncodeParams | None = None, cuda_stream: int = 0) -> list[str | None]"),
           "The same for a batch; a file that cannot be written is None, the others are written.");
}

}  // namespace glimt::python
