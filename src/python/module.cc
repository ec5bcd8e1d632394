// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The extension module glimt._glimt.
#include <nanobind/nanobind.h>

#include "glimt/glimt.h"
#include "gpu/version.h"
#include "python/bind.h"
#include "python/enums.h"
#include "python/errors.h"

#ifndef GLIMT_GIT_SHA
#define GLIMT_GIT_SHA "unknown"
#endif

namespace nb = nanobind;
using namespace nb::literals;

NB_MODULE(_glimt, m) {
  using namespace glimt::python;
  m.doc() = "Decodes and encodes images: the classes behind the package glimt.";
  m.attr("version") = nb::str(glimt::version().data(), glimt::version().size());
  m.attr("cuda_version") = glimt::gpu::runtime_version();
  m.attr("git_sha") = GLIMT_GIT_SHA;

  bind_backend(m);
  bind_region(m);
  bind_code_stream(m);
  bind_image(m);
  bind_metadata(m);
  bind_params(m);
  bind_decoder(m);
  bind_encoder(m);
  bind_slide(m);
  bind_tiff_writer(m);

  collect_engine_log();
  m.def(
      "connect",
      [](nb::dict enums, nb::dict errors, nb::object record, nb::object metadata_value,
         nb::object packed_tag, nb::object imap, nb::dict show) {
        connect_enums(std::move(enums));
        connect_errors(std::move(errors), std::move(record));
        connect_metadata(std::move(metadata_value), std::move(packed_tag));
        connect_imap(std::move(imap));
        connect_show(std::move(show));
      },
      "enums"_a, "errors"_a, "record"_a, "metadata_value"_a, "packed_tag"_a, "imap"_a, "show"_a,
      nb::sig("def connect(enums: dict[str, typing.Any], errors: dict[str, typing.Any], record: "
              "collections.abc.Callable[[int, str], None], metadata_value: "
              "collections.abc.Callable[..., typing.Any], packed_tag: "
              "collections.abc.Callable[..., typing.Any], imap: "
              "collections.abc.Callable[..., typing.Any], show: dict[str, typing.Any]) -> None"),
      "Tells the module what it needs of the package, which it never imports itself.");
}
