// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <algorithm>

#include "engine/config.h"
#include "engine/pool.h"
#include "python/bind.h"
#include "python/codec_object.h"
#include "python/metadata_object.h"
#include "python/objects.h"
#include "python/outcome.h"
#include "python/source.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace glimt::python {
namespace {

using DecoderObject = CodecObject<Decoder>;

struct DecodeOutcome : Outcome {};

/// One call, from Python objects to results.
struct DecodeCall {
  std::vector<nb::object> objects;  ///< the sources, as given
  std::vector<Source> sources;
  std::vector<nb::object> reuse;     ///< images to decode into; empty: none
  std::vector<DecodeParams> params;  ///< one, or one a source
  std::uintptr_t cuda_stream = 0;
  bool logs = true;
};

DecodeParams one_params(nb::handle object) {
  DecodeParams params;
  params.sample_format = SampleFormat::i_unchanged;
  if (!object.is_none() && !nb::try_cast(object, params)) {
    throw nb::type_error("params is a DecodeParams, a list of them (one a source), or None");
  }
  return params;
}

void read_params(DecodeCall& call, nb::handle params) {
  if (!is_batch(params)) {
    call.params.push_back(one_params(params));
    return;
  }
  for (nb::handle each : nb::iter(params)) call.params.push_back(one_params(each));
  if (call.params.size() != call.objects.size()) {
    raise_value_error(fmt::format("params has {} entries for {} sources", call.params.size(),
                                  call.objects.size()));
  }
}

void read_images(DecodeCall& call, nb::handle images) {
  if (images.is_none()) return;
  for (nb::handle image : nb::iter(images)) {
    if (!image.is_none() && !nb::isinstance<ImageObject>(image)) {
      throw nb::type_error("images to decode into are Images or None");
    }
    call.reuse.push_back(nb::borrow(image));
  }
  if (call.reuse.size() != call.objects.size()) {
    raise_value_error(fmt::format("images has {} entries for {} sources", call.reuse.size(),
                                  call.objects.size()));
  }
}

DecodeCall call_for(std::vector<nb::object> objects, nb::handle images, nb::handle params,
                    std::int64_t cuda_stream) {
  DecodeCall call;
  call.cuda_stream = static_cast<std::uintptr_t>(cuda_stream);
  call.objects = std::move(objects);
  read_images(call, images);
  read_params(call, params);
  call.sources.reserve(call.objects.size());
  for (const nb::object& object : call.objects) call.sources.push_back(source_of(object));
  return call;
}

std::vector<nb::object> items_of(const BatchArgument& batch) {
  std::vector<nb::object> objects;
  objects.reserve(nb::len_hint(batch.object));
  for (nb::handle item : nb::iter(batch.object)) objects.push_back(nb::borrow(item));
  return objects;
}

/// Opens what are paths, with the threads that the decoder may use: small files are read whole.
/// Returns the first that cannot be opened.
const Source* open_files(std::vector<Source>& sources, const Decoder& decoder) {
  std::vector<Source*> files;
  for (Source& source : sources) {
    if (!source.path.empty()) files.push_back(&source);
  }
  run_on_pool(files.size(), thread_count(decoder.config()), [&](std::size_t i) {
    auto stream = CodeStream::open(files[i]->path);
    files[i]->opened = stream.status();
    if (stream.ok()) files[i]->stream = std::move(*stream);
  });
  const auto failed = std::find_if(files.begin(), files.end(),
                                   [](const Source* source) { return !source->opened.ok(); });
  return failed == files.end() ? nullptr : *failed;
}

std::vector<Decoder::Item> items_of(const DecodeCall& call) {
  std::vector<Decoder::Item> items(call.sources.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (call.sources[i].refusal.ok()) items[i].stream = call.sources[i].stream;
    if (call.params.size() > 1) items[i].params = &call.params[i];
    if (!call.reuse.empty() && !call.reuse[i].is_none()) {
      items[i].reuse = nb::inst_ptr<ImageObject>(call.reuse[i])->image;
    }
  }
  return items;
}

/// UNKNOWN is what C++ calls the default; here, as in nvImageCodec, it is no format to ask for.
void check_formats(const DecodeCall& call) {
  const auto unknown = [](const DecodeParams& p) {
    return p.sample_format == SampleFormat::unknown;
  };
  if (call.sources.empty() || std::none_of(call.params.begin(), call.params.end(), unknown)) return;
  raise_value_error(
      "sample_format UNKNOWN cannot be asked for: take I_UNCHANGED or P_UNCHANGED for what "
      "color_spec says");
}

/// Python's images of a batch, made while the GPU decodes it.
class EarlyImages {
 public:
  /// By the engine, without the GIL.
  void make(std::span<const DecodeResult> results) noexcept {
    const nb::gil_scoped_acquire gil;
    try {
      images_.reserve(results.size());
      for (const DecodeResult& result : results) {
        images_.push_back(result.image.empty() ? nb::object()
                                               : nb::cast(ImageObject(result.image)));
      }
    } catch (const std::exception&) {  // no memory: those that are lacking are made later, or fail
      PyErr_Clear();
    }
  }
  /// The object of image i, if it has been made of the memory that the image still has.
  nb::object take(std::size_t i, const Image& image) {
    if (i >= images_.size() || !images_[i].is_valid()) return {};
    const bool same = nb::inst_ptr<ImageObject>(images_[i])->image.data() == image.data();
    return same ? std::move(images_[i]) : nb::object();
  }

 private:
  std::vector<nb::object> images_;
};

/// Runs the engine with the GIL released. Raises FileMissing, FileError and ValueError.
std::vector<DecodeResult> run(const Decoder& decoder, DecodeCall& call, EarlyImages& early) {
  check_formats(call);
  std::vector<DecodeResult> results;
  const Source* unopened = nullptr;
  std::vector<Decoder::Item> items = items_of(call);
  {
    const nb::gil_scoped_release released;
    unopened = open_files(call.sources, decoder);
    if (unopened == nullptr) {
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (items[i].stream.empty()) items[i].stream = call.sources[i].stream;
      }
      static const DecodeParams defaults;
      const bool all_new = call.reuse.empty() && items.size() > 1;
      results = decoder.decode(
          items, call.params.empty() ? defaults : call.params[0], call.cuda_stream,
          all_new ? Decoder::Meanwhile([&early](auto shown) { early.make(shown); }) : nullptr);
    }
  }
  flush_engine_log();
  if (unopened != nullptr) raise_file_error(unopened->path, unopened->opened);
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!call.sources[i].refusal.ok()) {
      results[i] = {};
      results[i].status = call.sources[i].refusal;
    } else if (results[i].status.code() == Code::bad_argument) {
      raise(results[i].status);
    }
  }
  return results;
}

void log_result(const DecodeCall& call, const DecodeResult& result, std::size_t i) {
  const bool failed = !result.status.ok();
  if (!failed && result.note.empty()) return;
  const std::string place = call.objects.size() == 1 ? "" : fmt::format("[{}] ", i);
  const std::string name = describe(call.objects[i]);
  if (failed) {
    log_record(LogLevel::warning, fmt::format("cannot decode {}{}: {}", place, name,
                                              reason_of(result.status, result.attempts)));
  } else {
    log_record(LogLevel::info, fmt::format("decoded in part {}{}: {}", place, name, result.note));
  }
}

nb::object image_of(const DecodeCall& call, DecodeResult& result, std::size_t i,
                    EarlyImages& early) {
  if (!result.status.ok()) return nb::none();
  if (nb::object image = early.take(i, result.image); image.is_valid()) return image;
  if (call.reuse.empty() || call.reuse[i].is_none()) {
    return nb::cast(ImageObject(std::move(result.image)));
  }
  nb::inst_ptr<ImageObject>(call.reuse[i])->replace(std::move(result.image));
  return call.reuse[i];
}

void describe(Outcome& outcome, DecodeResult& result) {
  outcome.status = std::move(result.status);
  outcome.attempts = std::move(result.attempts);
  outcome.note = std::move(result.note);
  outcome.units_decoded = result.units_decoded;
}

nb::list decode_all(DecoderObject& self, DecodeCall call) {
  const std::optional<Decoder> decoder = self.get();
  nb::list images;
  if (!decoder) {
    log_record(LogLevel::warning, "cannot decode: the decoder was closed by its context manager");
    for (std::size_t i = 0; i < call.objects.size(); ++i) images.append(nb::none());
    return images;
  }
  EarlyImages early;
  std::vector<DecodeResult> results = run(*decoder, call, early);
  std::vector<Outcome> outcomes(results.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    log_result(call, results[i], i);
    images.append(image_of(call, results[i], i, early));
    describe(outcomes[i], results[i]);
  }
  self.remember(std::move(outcomes));
  return images;
}

nb::object decode_one(DecoderObject& self, const SingleArgument& source, nb::handle image,
                      nb::handle params, std::int64_t cuda_stream) {
  if (source.object.is_none()) return nb::none();
  nb::object images = image.is_none() ? nb::none() : nb::object(nb::make_tuple(image));
  return decode_all(self, call_for({source.object}, images, params, cuda_stream))[0];
}

nb::list decode_batch(DecoderObject& self, const BatchArgument& sources, nb::handle images,
                      nb::handle params, std::int64_t cuda_stream) {
  return decode_all(self, call_for(items_of(sources), images, params, cuda_stream));
}

DecodeOutcome outcome_of(const DecodeCall& call, DecodeResult& result, std::size_t i,
                         EarlyImages& early) {
  DecodeOutcome outcome;
  outcome.result = image_of(call, result, i, early);
  describe(outcome, result);
  return outcome;
}

std::vector<DecodeOutcome> try_all(DecoderObject& self, DecodeCall call) {
  const std::optional<Decoder> decoder = self.get();
  if (!decoder) raise_runtime_error("the decoder was closed by its context manager");
  EarlyImages early;
  std::vector<DecodeResult> results = run(*decoder, call, early);
  std::vector<DecodeOutcome> outcomes;
  for (std::size_t i = 0; i < results.size(); ++i) {
    outcomes.push_back(outcome_of(call, results[i], i, early));
  }
  return outcomes;
}

/// Opens the stream, and runs ask(decoder, stream) with the GIL released. Raises what it says.
template <class Ask>
auto ask_of_stream(DecoderObject& self, nb::handle stream, const std::string& what, Ask ask) {
  const std::optional<Decoder> decoder = self.get();
  if (!decoder) raise_runtime_error("the decoder was closed by its context manager");
  Source source = source_of(stream);
  if (!source.refusal.ok()) raise(source.refusal);
  std::vector<Source> sources{std::move(source)};
  const Source* unopened = nullptr;
  decltype(ask(*decoder, sources[0].stream)) answer = Status(Code::internal, "not asked");
  {
    const nb::gil_scoped_release released;
    unopened = open_files(sources, *decoder);
    if (unopened == nullptr) answer = ask(*decoder, sources[0].stream);
  }
  flush_engine_log();
  if (unopened != nullptr) raise_file_error(unopened->path, unopened->opened);
  if (!answer.ok()) {
    raise_runtime_error(
        fmt::format("failed to get metadata of {}: {}", what, answer.status().text()));
  }
  return *std::move(answer);
}

std::vector<Metadata> metadata_of(DecoderObject& self, nb::handle stream, MetadataKind kind) {
  return ask_of_stream(self, stream, fmt::format("kind {}", static_cast<int>(kind)),
                       [kind](const Decoder& decoder, const CodeStream& opened) {
                         return decoder.metadata(opened, kind);
                       });
}

nb::object get_metadata(DecoderObject& self, nb::handle stream, std::optional<MetadataKind> kind) {
  std::vector<Metadata> blocks = metadata_of(self, stream, kind.value_or(MetadataKind::unknown));
  if (kind == MetadataKind::tiff_tag_list) {
    return blocks.empty() ? nb::object(nb::none()) : nb::cast(MetadataObject(std::move(blocks[0])));
  }
  nb::list list;
  for (Metadata& block : blocks) list.append(MetadataObject(std::move(block)));
  return list;
}

nb::object get_tag(DecoderObject& self, nb::handle stream, std::int64_t id,
                   std::optional<MetadataKind> kind) {
  if (id < 0 || id > 65535) raise_value_error(fmt::format("the id {} is not in 0..65535", id));
  const auto tag = static_cast<std::uint16_t>(id);
  if (kind.value_or(MetadataKind::tiff_tag) == MetadataKind::tiff_tag) {
    auto values = ask_of_stream(self, stream, fmt::format("id {}", id),
                                [tag](const Decoder& decoder, const CodeStream& opened) {
                                  return decoder.tag(opened, tag);
                                });
    return values ? nb::cast(MetadataObject(*std::move(values), tag)) : nb::object(nb::none());
  }
  std::vector<Metadata> blocks = metadata_of(self, stream, *kind);
  if (blocks.empty()) return nb::none();
  MetadataObject block(std::move(blocks[0]));
  block.id = static_cast<std::uint32_t>(id);
  return nb::cast(std::move(block));
}

nb::handle imap_function;  // of the package, which the module never imports

nb::object imap(nb::object self, nb::object sources, std::int64_t batch_size, std::int64_t prefetch,
                nb::object params, bool ordered) {
  return imap_function(self, sources, batch_size, prefetch, params, ordered);
}

constexpr char kDecoderDoc[] =
    "Decodes images of any known format. Safe to use from many threads at once.\n\n"
    "Sources: a path (str or os.PathLike), bytes, bytearray, memoryview, a 1-D uint8 array, a "
    "binary\n"
    "file object, a CodeStream; a list or tuple of these is a batch, spread over the cores.";
constexpr char kDecodeDoc[] =
    "image: an Image to decode into; its memory is used again and the same object returned. "
    "Memory\n"
    "of glimt's own grows as needed; an array's (as_image) must be large enough (ValueError).\n"
    "params: what is wanted; None is DecodeParams().\n"
    "cuda_stream: the cudaStream_t, as an int, that images on a GPU are ordered on: what is put on "
    "it\nafter the call sees the pixels. 0 is the legacy default stream. Ignored on the CPU.\n"
    "Returns an Image, or None and a record on the logger 'glimt' when it cannot be decoded.\n"
    "FileMissing, FileError: a path cannot be opened. TypeError: this is no source.";
constexpr char kBatchDoc[] =
    "The same for a batch: images is a list with an Image or None for each source, params a\n"
    "DecodeParams or a list with one for each source. Returns a list in the order of the sources.";

std::string single_sig(const char* method, const char* argument) {
  return fmt::format(
      "def {}(self, {}: str | os.PathLike[str] | bytes | bytearray | memoryview | "
      "numpy.typing.NDArray[typing.Any] | typing.BinaryIO | CodeStream | None, *, image: Image | "
      "None = None, params: DecodeParams | None = None, cuda_stream: int = 0) -> Image | None",
      method, argument);
}

std::string batch_sig(const char* method, const char* argument) {
  return fmt::format(
      "def {}(self, {}: list[typing.Any] | tuple[typing.Any, ...], *, images: "
      "collections.abc.Sequence[Image | None] | None = None, params: DecodeParams | "
      "collections.abc.Sequence[DecodeParams | None] | None = None, cuda_stream: int = 0) -> "
      "list[Image | None]",
      method, argument);
}

void def_decode(nb::class_<DecoderObject>& decoder, const char* method, const char* one,
                const char* many) {
  decoder
      .def(method, &decode_one, nb::arg(one).none(), nb::kw_only(), "image"_a = nb::none(),
           "params"_a = nb::none(), "cuda_stream"_a = 0, nb::sig(single_sig(method, one).c_str()),
           kDecodeDoc)
      .def(method, &decode_batch, nb::arg(many), nb::kw_only(), "images"_a = nb::none(),
           "params"_a = nb::none(), "cuda_stream"_a = 0, nb::sig(batch_sig(method, many).c_str()),
           kBatchDoc);
}

void def_try_decode(nb::class_<DecoderObject>& decoder) {
  decoder
      .def(
          "try_decode",
          [](DecoderObject& self, const SingleArgument& src, nb::handle image, nb::handle params,
             std::int64_t cuda_stream) {
            nb::object images = image.is_none() ? nb::none() : nb::object(nb::make_tuple(image));
            return std::move(try_all(self, call_for({src.object}, images, params, cuda_stream))[0]);
          },
          "src"_a.none(), nb::kw_only(), "image"_a = nb::none(), "params"_a = nb::none(),
          "cuda_stream"_a = 0,
          nb::sig("def try_decode(self, src: str | os.PathLike[str] | bytes | bytearray | "
                  "memoryview | numpy.typing.NDArray[typing.Any] | typing.BinaryIO | CodeStream | "
                  "None, *, image: Image | None = None, params: DecodeParams | None = None, "
                  "cuda_stream: int = 0) -> DecodeOutcome"),
          "decode(), which tells what became of the image instead of logging it.")
      .def(
          "try_decode",
          [](DecoderObject& self, const BatchArgument& srcs, nb::handle images, nb::handle params,
             std::int64_t cuda_stream) {
            nb::list outcomes;
            for (DecodeOutcome& o :
                 try_all(self, call_for(items_of(srcs), images, params, cuda_stream))) {
              outcomes.append(std::move(o));
            }
            return outcomes;
          },
          "srcs"_a, nb::kw_only(), "images"_a = nb::none(), "params"_a = nb::none(),
          "cuda_stream"_a = 0,
          nb::sig(
              "def try_decode(self, srcs: list[typing.Any] | tuple[typing.Any, ...], *, images: "
              "collections.abc.Sequence[Image | None] | None = None, params: DecodeParams | "
              "collections.abc.Sequence[DecodeParams | None] | None = None, cuda_stream: int = 0) "
              "-> list[DecodeOutcome]"),
          "The same for a batch.");
}

}  // namespace

void connect_imap(nb::object function) { imap_function = function.release(); }

void bind_decoder(nb::module_& m) {
  nb::class_<DecodeOutcome> outcome(m, "DecodeOutcome", "What became of one image.",
                                    nb::is_weak_referenceable());
  def_outcome(outcome, "DecodeOutcome");
  outcome
      .def_prop_ro(
          "image", [](const DecodeOutcome& o) { return o.result; },
          nb::sig("def image(self) -> Image | None"), "The Image, or None.")
      .def_ro("units_decoded", &DecodeOutcome::units_decoded,
              "What the codec decoded: MCU rows, PNG rows, tiles.");

  nb::class_<DecoderObject> decoder(m, "Decoder", kDecoderDoc, nb::is_weak_referenceable());
  def_codec(decoder,
            "def __init__(self, device_id: int = -1, max_num_cpu_threads: int = 0, backends: "
            "collections.abc.Sequence[Backend | glimt.BackendKind] | None = None, options: str = "
            "':fancy_upsampling=0') -> None",
            "def __enter__(self) -> Decoder", ":fancy_upsampling=0");
  def_decode(decoder, "decode", "src", "srcs");
  def_decode(decoder, "read", "path", "paths");
  def_try_decode(decoder);
  decoder
      .def_prop_ro(
          "last_status", &last_status<DecodeOutcome, DecoderObject>,
          nb::sig("def last_status(self) -> list[DecodeOutcome]"),
          "What became of each image of the last decode() or read(), without the images "
          "(their\nimage is None); of the last call of any thread. try_decode() tells each "
          "caller of its own.")
      .def("imap", &imap, "sources"_a, nb::kw_only(), "batch_size"_a = 32, "prefetch"_a = 2,
           "params"_a = nb::none(), "ordered"_a = true,
           nb::sig(
               "def imap(self, sources: collections.abc.Iterable[typing.Any], *, batch_size: int "
               "= 32, prefetch: int = 2, params: DecodeParams | None = None, ordered: bool = "
               "True) -> collections.abc.Iterator[typing.Any]"),
           "Decodes a stream of sources in the background and yields its images, while at most\n"
           "batch_size * (prefetch + 1) of them are in memory.\n\n"
           "sources: any iterable, also an endless one; it is read by the thread that iterates.\n"
           "batch_size: images decoded in one call, spread over the cores.\n"
           "prefetch: batches under way or ready beside the one being consumed.\n"
           "ordered: True yields Images in the order of the sources; False (index, Image), batches "
           "in\nthe order in which they are ready.\n"
           "What cannot be decoded or opened is None, with a record on the logger 'glimt'.\n"
           "ValueError: batch_size or prefetch is below 1.")
      .def("get_metadata", &get_tag, "code_stream"_a, nb::kw_only(), "id"_a, "kind"_a = nb::none(),
           nb::sig("def get_metadata(self, code_stream: typing.Any, *, id: int, kind: "
                   "glimt.MetadataKind = glimt.TIFF_TAG) -> Metadata | None"),
           "The block with this id, or None. ValueError: the id is not in 0..65535.")
      .def("get_metadata", &get_metadata, "code_stream"_a, nb::kw_only(), "kind"_a = nb::none(),
           nb::sig("def get_metadata(self, code_stream: typing.Any, *, kind: glimt.MetadataKind | "
                   "None = None) -> list[Metadata]"),
           "Blocks of metadata of the image, of one kind or of all; [] when there are none. They\n"
           "come in this order: GEO, slide scanners' and ICC_PROFILE as in nvImageCodec, EXIF "
           "(from\n"
           "its TIFF header on; of a TIFF made of its tags), XMP (the extended part of a JPEG's as "
           "a\n"
           "second block), IPTC, TEXT (JSON: {\"keyword\": \"text\" or a list of texts}) and\n"
           "RESOLUTION (JSON: {\"x\": 300, \"y\": 300, \"unit\": \"inch\"} or centimetre, metre,\n"
           "unknown). kind=TIFF_TAG_LIST gives one block or None.\n"
           "RuntimeError: the stream cannot be read.");
}

}  // namespace glimt::python
