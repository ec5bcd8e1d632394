// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What became of one image, for try_decode and try_encode.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <string>
#include <vector>

#include "glimt/decoder.h"

namespace glimt::python {

struct Outcome {
  nanobind::object result = nanobind::none();  ///< Image or CodeStream, or None
  Status status;
  std::vector<Attempt> attempts;
  std::string note;
  std::uint64_t units_decoded = 0;
};

/// The status, and what the other backends said when several were asked.
std::string reason_of(const Status& status, const std::vector<Attempt>& attempts);
nanobind::list attempts_of(const std::vector<Attempt>& attempts);
std::string repr_of(const char* name, const Status& status);

/// The properties that outcomes of both kinds have.
template <class Object>
void def_outcome(nanobind::class_<Object>& outcome, const char* name) {
  outcome.def_prop_ro(
             "ok", [](const Object& o) { return o.status.ok(); }, "There is a result.")
      .def_prop_ro(
          "status", [](const Object& o) { return std::string(name_of(o.status.code())); },
          "'ok', 'corrupt', 'truncated', 'unsupported', 'limit', 'bad_argument', 'out_of_memory', "
          "'device' or 'internal'.")
      .def_prop_ro(
          "message", [](const Object& o) { return o.status.message(); },
          "Why there is no result, in words; '' when there is one.")
      .def_prop_ro(
          "attempts", [](const Object& o) { return attempts_of(o.attempts); },
          nanobind::sig("def attempts(self) -> list[tuple[str, str]]"),
          "(backend, 'ok' or the reason) of every backend asked, in order.")
      .def_prop_ro(
          "note", [](const Object& o) { return o.note; },
          "What was tolerated or left out, in words, or ''.")
      .def("__repr__", [name](const Object& o) { return repr_of(name, o.status); });
}

}  // namespace glimt::python
