// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// One function a noun: each adds its classes to the module.
#pragma once

#include <nanobind/nanobind.h>

#include "python/objects.h"

namespace glimt::python {

void bind_region(nanobind::module_& m);
void bind_code_stream(nanobind::module_& m);
void bind_image(nanobind::module_& m);
void bind_image_exchange(nanobind::class_<ImageObject>& image);
/// The buffer protocol of Image.
const PyType_Slot* image_slots();
void bind_params(nanobind::module_& m);
void bind_codec_params(nanobind::module_& m);
void bind_backend(nanobind::module_& m);
void bind_metadata(nanobind::module_& m);
void bind_decoder(nanobind::module_& m);
void bind_encoder(nanobind::module_& m);
void bind_slide(nanobind::module_& m);
void bind_tiff_writer(nanobind::module_& m);

/// Takes glimt._metadata.value_of and packed_tag.
void connect_metadata(nanobind::object value_of, nanobind::object packed_tag);

/// The package's own parts that methods of the classes lead to.
void connect_imap(nanobind::object function);
/// Takes {"png": glimt._show.png_of, "html": glimt._show.html_of}.
void connect_show(nanobind::dict functions);

}  // namespace glimt::python
