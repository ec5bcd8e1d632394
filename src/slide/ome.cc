// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "slide/ome.h"

#include <fmt/format.h>

namespace glimt::slide {
namespace {

std::string_view pixel_type(SampleType type) {
  // In the order of SampleType; "" is none of OME's.
  constexpr std::string_view names[] = {"uint8", "int8", "uint16", "int16", "uint32", "int32",
                                        "",      "",     "",       "float", "double"};
  return names[static_cast<std::size_t>(type)];
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    switch (letter) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(letter) < ' ' ? ' ' : letter;
    }
  }
  return out;
}

std::string scale(std::string_view axis, const std::optional<double>& microns) {
  if (!microns) return "";
  return fmt::format(" PhysicalSize{0}=\"{1}\" PhysicalSize{0}Unit=\"\xC2\xB5m\"", axis, *microns);
}

}  // namespace

Result<std::string> ome_xml(const ImageSpec& spec, std::string_view name, const SlideInfo& facts) {
  const std::string_view type = pixel_type(spec.type);
  if (type.empty()) {
    return Status(Code::unsupported, "OME-TIFF has no pixels of type " +
                                         std::string(name_of(spec.type)) +
                                         "; name the output .tif instead");
  }
  std::string lens, uses_lens;
  if (facts.magnification) {
    lens = fmt::format(
        "<Instrument ID=\"Instrument:0\"><Objective ID=\"Objective:0\" "
        "NominalMagnification=\"{}\"/></Instrument>",
        *facts.magnification);
    uses_lens = "<InstrumentRef ID=\"Instrument:0\"/><ObjectiveSettings ID=\"Objective:0\"/>";
  }
  return fmt::format(
      R"(<?xml version="1.0" encoding="UTF-8"?>
<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" )"
      R"(xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" )"
      R"(xsi:schemaLocation="http://www.openmicroscopy.org/Schemas/OME/2016-06 )"
      R"(http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd" Creator="glimt">{}<Image ID="Image:0" Name="{}">{})"
      R"(<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="{}" BigEndian="false" Interleaved="true" )"
      R"(SizeX="{}" SizeY="{}" SizeC="{}" SizeZ="1" SizeT="1"{}{}>)"
      R"(<Channel ID="Channel:0:0" SamplesPerPixel="{}"/><TiffData IFD="0" PlaneCount="1"/></Pixels></Image></OME>)",
      lens, escaped(name), uses_lens, type, spec.width, spec.height, spec.channels,
      scale("X", facts.mpp_x), scale("Y", facts.mpp_y), spec.channels);
}

}  // namespace glimt::slide
