// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What a decoder reads from: the Python objects that stand for encoded data.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

#include "glimt/code_stream.h"
#include "python/objects.h"

namespace glimt::python {

/// A source before its file is opened: that happens with the GIL released.
struct Source {
  CodeStream stream;  ///< empty: a path, None, or refused
  std::string path;   ///< in the file system's encoding; "": not a path
  Status opened;      ///< why a path could not be opened
  Status refusal;     ///< why this source cannot be decoded, whatever its bytes are
};

/// The bytes of a bytes-like object (copied when strided or not of bytes), a list of ints or a file
/// object, which is read from its current position. Raises TypeError, or ValueError when it does
/// not have one dimension.
CodeStream stream_of_data(nanobind::handle data, const StreamView& view = {});
/// As Decoder.decode takes it. Raises TypeError naming what it can be.
Source source_of(nanobind::handle object);
/// What to call a source in a message: its path, or its kind and size.
std::string describe(nanobind::handle object);

[[nodiscard]] bool is_path(nanobind::handle object);
/// A path, or one spelled as bytes.
[[nodiscard]] bool is_filename(nanobind::handle object);
/// A path in the file system's encoding. Raises TypeError when it holds a NUL.
std::string path_of(nanobind::handle object);
/// Several: a list, set, generator or other sequence, an array of more than one dimension or of
/// names, or a tuple that is not one stream spelled as ints.
[[nodiscard]] bool is_batch(nanobind::handle object) noexcept;
[[nodiscard]] bool is_single(nanobind::handle object);
/// A list or a tuple of whatever.
[[nodiscard]] bool is_sequence(nanobind::handle object);
[[nodiscard]] bool is_data(nanobind::handle object);

/// Arguments that choose between overloads.
template <bool (*Accepts)(nanobind::handle)>
struct Checked {
  nanobind::object object;
};
using PathArgument = Checked<&is_path>;
using FilenameArgument = Checked<&is_filename>;
using BatchArgument = Checked<&is_batch>;
using SingleArgument = Checked<&is_single>;
using SequenceArgument = Checked<&is_sequence>;
using DataArgument = Checked<&is_data>;

}  // namespace glimt::python

namespace nanobind::detail {

template <bool (*Accepts)(handle)>
struct type_caster<glimt::python::Checked<Accepts>> {
  NB_TYPE_CASTER(glimt::python::Checked<Accepts>, const_name("object"))

  template <class Flags>
  bool from_python(handle source, Flags, cleanup_list*) noexcept {
    if (!Accepts(source)) return false;
    value.object = borrow(source);
    return true;
  }
};

}  // namespace nanobind::detail
