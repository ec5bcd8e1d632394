// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Files for the tests of this folder: boxes byte by byte, codestreams by OpenJPEG itself.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "formats/jpeg2000/openjpeg_library.h"

namespace glimt::jpeg2000 {

using ByteVector = std::vector<std::uint8_t>;

inline void append(ByteVector& to, Bytes more) { to.insert(to.end(), more.begin(), more.end()); }
template <class T>
void append_be(ByteVector& to, T value) {
  std::uint8_t bytes[sizeof(T)];
  store_be(bytes, value);
  append(to, bytes);
}
inline Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

enum class BoxLength { plain, extended, to_the_end };

inline ByteVector box(std::string_view type, Bytes contents, BoxLength length = BoxLength::plain) {
  ByteVector out;
  const bool extended = length == BoxLength::extended;
  append_be(out, length == BoxLength::plain ? static_cast<std::uint32_t>(8 + contents.size())
                                            : std::uint32_t{extended});
  append(out, bytes_of(type));
  if (extended) append_be(out, std::uint64_t{16 + contents.size()});
  append(out, contents);
  return out;
}

/// signature, ftyp, jp2h of the given boxes, and the codestream.
inline ByteVector jp2_file(std::initializer_list<ByteVector> header_boxes, Bytes codestream,
                           BoxLength length = BoxLength::plain) {
  ByteVector file = {0, 0, 0, 12, 'j', 'P', ' ', ' ', '\r', '\n', 0x87, '\n'};
  append(file, box("ftyp", bytes_of({"jp2 \0\0\0\0jp2 ", 12})));
  ByteVector header;
  for (const ByteVector& inner : header_boxes) append(header, inner);
  append(file, box("jp2h", header));
  append(file, box("jp2c", codestream, length));
  return file;
}

inline ByteVector color_box(std::uint32_t enumerated) {
  ByteVector contents = {1, 0, 0};
  append_be(contents, enumerated);
  return box("colr", contents);
}

/// Triples of channel, type, association.
inline ByteVector definition_box(const std::vector<std::uint16_t>& triples) {
  ByteVector contents;
  append_be(contents, static_cast<std::uint16_t>(triples.size() / 3));
  for (const std::uint16_t value : triples) append_be(contents, value);
  return box("cdef", contents);
}

struct TestComponent {
  std::uint32_t dx = 1, dy = 1, depth = 8;
  bool is_signed = false;
  std::vector<std::int32_t> samples{};  // filled by make_codestream
  std::int64_t x0 = 0, y0 = 0, width = 0, height = 0;
};

struct TestGrid {
  std::uint32_t x0 = 0, y0 = 0, x1 = 40, y1 = 30;
  std::uint32_t tile_width = 0, tile_height = 0, tile_x0 = 0, tile_y0 = 0;  // width 0: one tile
  bool irreversible = false;
  int resolutions = 3;
};

/// Encodes components of smooth noise with OpenJPEG and leaves their samples in them.
inline ByteVector make_codestream(std::vector<TestComponent>& components, const TestGrid& grid) {
  std::vector<opj_image_cmptparm_t> described(components.size());
  std::mt19937 random(11);
  for (std::size_t i = 0; i < components.size(); ++i) {
    TestComponent& c = components[i];
    const auto over = [](std::uint32_t a, std::uint32_t b) { return (a + b - 1) / b; };
    c.x0 = over(grid.x0, c.dx);
    c.y0 = over(grid.y0, c.dy);
    c.width = over(grid.x1, c.dx) - c.x0;
    c.height = over(grid.y1, c.dy) - c.y0;
    c.samples.resize(static_cast<std::size_t>(c.width * c.height));
    const std::int64_t values = std::int64_t{1} << c.depth;
    std::int64_t value = values / 2;
    for (std::int32_t& sample : c.samples) {
      const std::int64_t step = static_cast<std::int64_t>(random()) % (values / 4 + 2) - values / 8;
      value = std::clamp<std::int64_t>(value + step, 0, values - 1);
      sample = static_cast<std::int32_t>(value - (c.is_signed ? values / 2 : 0));
    }
    opj_image_cmptparm_t& d = described[i];
    std::memset(&d, 0, sizeof d);
    d.dx = c.dx;
    d.dy = c.dy;
    d.w = static_cast<OPJ_UINT32>(c.width);
    d.h = static_cast<OPJ_UINT32>(c.height);
    d.x0 = grid.x0;
    d.y0 = grid.y0;
    d.prec = c.depth;
    d.sgnd = c.is_signed ? 1 : 0;
  }
  const OpjImage image(opj_image_create(static_cast<OPJ_UINT32>(components.size()),
                                        described.data(), OPJ_CLRSPC_UNSPECIFIED));
  image->x0 = grid.x0;
  image->y0 = grid.y0;
  image->x1 = grid.x1;
  image->y1 = grid.y1;
  for (std::size_t i = 0; i < components.size(); ++i) {
    std::memcpy(image->comps[i].data, components[i].samples.data(),
                components[i].samples.size() * sizeof(std::int32_t));
  }
  opj_cparameters_t parameters;
  opj_set_default_encoder_parameters(&parameters);
  parameters.tcp_numlayers = 1;
  parameters.cp_disto_alloc = 1;
  parameters.irreversible = grid.irreversible ? 1 : 0;
  parameters.numresolution = grid.resolutions;
  parameters.cblockw_init = parameters.cblockh_init = 16;
  parameters.tile_size_on = OPJ_TRUE;
  parameters.cp_tx0 = static_cast<int>(grid.tile_x0);
  parameters.cp_ty0 = static_cast<int>(grid.tile_y0);
  parameters.cp_tdx =
      static_cast<int>(grid.tile_width != 0 ? grid.tile_width : grid.x1 - grid.tile_x0);
  parameters.cp_tdy =
      static_cast<int>(grid.tile_width != 0 ? grid.tile_height : grid.y1 - grid.tile_y0);

  Sink sink;
  OpjWriteState state{&sink, 0, 0, {}};
  const OpjStream stream = open_for_writing(state);
  const OpjCodec codec(opj_create_compress(OPJ_CODEC_J2K));
  OpjMessages messages;
  messages.attach(codec.get());
  const bool made = opj_setup_encoder(codec.get(), &parameters, image.get()) != 0 &&
                    opj_start_compress(codec.get(), image.get(), stream.get()) != 0 &&
                    opj_encode(codec.get(), stream.get()) != 0 &&
                    opj_end_compress(codec.get(), stream.get()) != 0;
  EXPECT_TRUE(made) << messages.failure("a test file").text();
  const auto written = sink.written();
  return {written.begin(), written.end()};
}

/// What OpenJPEG makes of a codestream by itself, component by component.
inline std::vector<std::vector<std::int32_t>> reference_planes(Bytes codestream) {
  OpjReadState state{codestream};
  const OpjStream stream = open_for_reading(state);
  const OpjCodec codec(opj_create_decompress(OPJ_CODEC_J2K));
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  opj_image_t* read = nullptr;
  const bool done = opj_setup_decoder(codec.get(), &parameters) != 0 &&
                    opj_read_header(stream.get(), codec.get(), &read) != 0 &&
                    opj_decode(codec.get(), stream.get(), read) != 0;
  const OpjImage image(read);
  std::vector<std::vector<std::int32_t>> planes;
  EXPECT_TRUE(done);
  for (std::size_t i = 0; done && i < image->numcomps; ++i) {
    const opj_image_comp_t& c = image->comps[i];
    planes.emplace_back(c.data, c.data + std::size_t{c.w} * c.h);
  }
  return planes;
}

}  // namespace glimt::jpeg2000
