// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// How scanners say what their files hold. None of this is standardised: it is what their files
// have, and what OpenSlide's documentation (openslide.org/formats) collects.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <memory>
#include <vector>

#include "slide/draft.h"
#include "slide/xml.h"

namespace glimt::slide {
namespace {

bool contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

/// Calls take(name, value) for each "name=value" of a list, both without space around them.
template <class Take>
void each_pair(std::string_view list, std::string_view separator, Take take) {
  while (true) {
    const std::size_t end = list.find(separator);
    const std::string_view item = list.substr(0, end);
    const std::size_t equals = item.find('=');
    if (equals != std::string_view::npos) {
      take(trimmed(item.substr(0, equals)), trimmed(item.substr(equals + 1)));
    }
    if (end == std::string_view::npos) return;
    list.remove_prefix(end + separator.size());
  }
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

std::string_view attribute(const XmlElement* element, std::string_view name) {
  const std::string* value = element == nullptr ? nullptr : element->attribute(name);
  return value == nullptr ? std::string_view() : *value;
}

std::string_view text_of(const XmlElement* element) {
  return element == nullptr ? std::string_view() : std::string_view(element->text);
}

/// Decodes RFC 4648 base64, passing over whatever is none of its letters.
std::vector<std::uint8_t> from_base64(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char letter : text) {
    constexpr std::string_view kLetters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (letter == '=') break;
    const std::size_t value = kLetters.find(letter);
    if (value == std::string_view::npos) continue;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<std::uint8_t>(bits >> count));
    }
  }
  return bytes;
}

// Aperio: tiled pages are levels, the second page is a thumbnail, label and macro come last.

bool aperio_wrote(const File& file) {
  return file.first().tiled() && file.first().text(kImageDescription).starts_with("Aperio");
}

std::string_view aperio_name(const Page& page) {
  // "Aperio Image Library v11.2.1 \r\nlabel 387x463"
  const std::string_view words = page.text(kImageDescription);
  if (contains(words, "\nlabel")) return "label";
  if (contains(words, "\nmacro")) return "macro";
  if (page.number == 1) return "thumbnail";
  return page.subfile_type() == 1 ? "label" : (page.subfile_type() == 9 ? "macro" : "");
}

bool describe_aperio(Draft& draft) {
  for (const Page& page : draft.file.pages) {
    if (page.tiled()) {
      draft.add_level(page);
    } else if (const auto name = aperio_name(page); !name.empty()) {
      draft.add_image(name, page);
    }
  }
  std::string_view words = draft.file.first().text(kImageDescription);
  words.remove_prefix(std::min(words.find('|'), words.size()));
  each_pair(words, "|", [&](auto name, auto value) { draft.add_property("aperio", name, value); });
  draft.info.magnification = draft.number("aperio.AppMag");
  draft.info.mpp_x = draft.info.mpp_y = draft.number("aperio.MPP");
  return true;
}

// Hamamatsu NDPI: SourceLens of each page says what it is.

constexpr std::uint16_t kNdpiFormat = 65420, kSourceLens = 65421, kNdpiX = 65422, kNdpiY = 65423,
                        kFocalPlane = 65424, kReference = 65427, kPropertyMap = 65449;

bool hamamatsu_wrote(const File& file) { return file.first().ifd->find(kNdpiFormat).has_value(); }

bool describe_hamamatsu(Draft& draft) {
  for (const Page& page : draft.file.pages) {
    const double lens = page.number_of(kSourceLens).value_or(0);
    if (lens > 0 && page.number_of(kFocalPlane).value_or(0) == 0) draft.add_level(page);
    if (lens == -1) draft.add_image("macro", page);
    if (lens == -2) draft.add_image("map", page);
  }
  const Page& first = draft.file.first();
  const auto add_number = [&](std::string_view name, std::uint16_t tag) {
    if (const auto value = first.number_of(tag)) {
      draft.add_property("hamamatsu", name, fmt::format("{}", *value));
    }
  };
  add_number("SourceLens", kSourceLens);
  add_number("XOffsetFromSlideCentre", kNdpiX);
  add_number("YOffsetFromSlideCentre", kNdpiY);
  draft.add_property("hamamatsu", "Reference", first.text(kReference));
  each_pair(first.text(kPropertyMap), "\r\n",
            [&](auto name, auto value) { draft.add_property("hamamatsu", name, value); });
  draft.info.magnification = first.number_of(kSourceLens);
  return true;
}

// Leica SCN: XML says which page is which dimension of which image.

bool leica_wrote(const File& file) {
  const std::string_view words = file.first().text(kImageDescription);
  return contains(words, "<scn") && contains(words, "leica-microsystems.com/scn");
}

bool covers(const XmlElement& view, const XmlElement& collection) {
  return attribute(&view, "offsetX") == "0" && attribute(&view, "offsetY") == "0" &&
         attribute(&view, "sizeX") == attribute(&collection, "sizeX") &&
         attribute(&view, "sizeY") == attribute(&collection, "sizeY");
}

/// The pages of an image's first focal plane and channel, as they are listed.
std::vector<const Page*> leica_pages(const XmlElement& image, const File& file) {
  std::vector<const Page*> pages;
  const XmlElement* pixels = image.child("pixels");
  if (pixels == nullptr) return pages;
  for (const XmlElement& dimension : pixels->children) {
    const auto is_first = [&](std::string_view axis) {
      const std::string_view value = attribute(&dimension, axis);
      return value.empty() || value == "0";
    };
    const auto ifd = parse_count(attribute(&dimension, "ifd"));
    const Page* page = ifd ? file.page(*ifd) : nullptr;
    if (dimension.name == "dimension" && page != nullptr && is_first("z") && is_first("c")) {
      pages.push_back(page);
    }
  }
  return pages;
}

void describe_leica_image(Draft& draft, const XmlElement& image) {
  const XmlElement* settings = image.child("scanSettings");
  const auto setting = [&](std::string_view group, std::string_view name) {
    return settings == nullptr ? std::string_view() : text_of(settings->find({group, name}));
  };
  const XmlElement* device = image.child("device");
  const std::pair<std::string_view, std::string_view> facts[] = {
      {"aperture", setting("illuminationSettings", "numericalAperture")},
      {"creation-date", text_of(image.child("creationDate"))},
      {"device-model", attribute(device, "model")},
      {"device-version", attribute(device, "version")},
      {"illumination-source", setting("illuminationSettings", "illuminationSource")},
      {"objective", setting("objectiveSettings", "objective")}};
  for (const auto& [name, value] : facts) draft.add_property("leica", name, value);
  draft.info.magnification = draft.number("leica.objective");
}

bool describe_leica(Draft& draft) {
  const auto root = parse_xml(draft.file.first().text(kImageDescription));
  const XmlElement* collection = root.ok() ? root->child("collection") : nullptr;
  if (collection == nullptr) return false;
  const XmlElement* scan = nullptr;
  for (const XmlElement& image : collection->children) {
    const XmlElement* view = image.child("view");
    if (image.name != "image" || view == nullptr) continue;
    const std::vector<const Page*> pages = leica_pages(image, draft.file);
    if (pages.empty()) continue;
    if (covers(*view, *collection)) {
      draft.add_image("macro", *pages.front());
    } else if (scan == nullptr) {
      scan = &image;
      for (const Page* page : pages) draft.add_level(*page);
    }
  }
  if (scan == nullptr) return false;
  describe_leica_image(draft, *scan);
  const std::vector<std::uint8_t> barcode = from_base64(text_of(collection->child("barcode")));
  draft.add_property(
      "leica", "barcode",
      barcode.empty()
          ? attribute(collection, "barcode")
          : std::string_view(reinterpret_cast<const char*>(barcode.data()), barcode.size()));
  return true;
}

// Philips TIFF: XML of nested objects; level sizes are padded to whole tiles.

const XmlElement* philips_attribute(const XmlElement& object, std::string_view name) {
  for (const XmlElement& each : object.children) {
    if (each.name == "Attribute" && attribute(&each, "Name") == name) return &each;
  }
  return nullptr;
}

/// The first scanned image of a type: WSI, LABELIMAGE, MACROIMAGE.
const XmlElement* philips_image(const XmlElement& root, std::string_view type) {
  const XmlElement* images = philips_attribute(root, "PIM_DP_SCANNED_IMAGES");
  const XmlElement* array = images == nullptr ? nullptr : images->child("Array");
  if (array == nullptr) return nullptr;
  for (const XmlElement& object : array->children) {
    const XmlElement* kind = philips_attribute(object, "PIM_DP_IMAGE_TYPE");
    if (trimmed(text_of(kind)) == type) return &object;
  }
  return nullptr;
}

bool philips_wrote(const File& file) {
  return file.first().text(kSoftware).starts_with("Philips") &&
         contains(file.first().text(kImageDescription), "DPUfsImport");
}

/// "\"0.000226\" \"0.000227\"": millimetres of a row, then of a column.
std::optional<std::array<double, 2>> parse_spacing(std::string_view text) {
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '"', ' ');
  const std::string_view both = trimmed(plain);
  const std::size_t space = both.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto y = parse_number(both.substr(0, space)), x = parse_number(both.substr(space));
  if (!x || !y || *x <= 0 || *y <= 0) return std::nullopt;
  return std::array<double, 2>{*x, *y};
}

constexpr std::string_view kRepresentations = "PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE";

void add_philips_properties(Draft& draft, const std::string& prefix, const XmlElement& object) {
  for (const XmlElement& each : object.children) {
    const std::string_view name = attribute(&each, "Name");
    const XmlElement* array = each.child("Array");
    if (each.name != "Attribute") continue;
    if (name == kRepresentations && array != nullptr) {
      for (std::size_t i = 0; i < array->children.size(); ++i) {
        add_philips_properties(draft,
                               prefix + "." + std::string(name) + "[" + std::to_string(i) + "]",
                               array->children[i]);
      }
    } else if (each.children.empty()) {
      draft.add_property(prefix, name, each.text);
    }
  }
}

/// Sizes without the padding: spacings of the levels tell by how much each is smaller.
void unpad_philips(Draft& draft, const XmlElement& scan) {
  const XmlElement* sequence = philips_attribute(scan, kRepresentations);
  const XmlElement* array = sequence == nullptr ? nullptr : sequence->child("Array");
  auto& levels = draft.info.levels;
  if (array == nullptr || array->children.size() != levels.size()) return;
  std::vector<std::array<double, 2>> spacings;
  for (const XmlElement& object : array->children) {
    const auto spacing = parse_spacing(text_of(philips_attribute(object, "DICOM_PIXEL_SPACING")));
    if (!spacing) return;
    spacings.push_back(*spacing);
  }
  for (std::size_t i = 1; i < levels.size(); ++i) {
    const double factor =
        std::round((spacings[i][0] / spacings[0][0] + spacings[i][1] / spacings[0][1]) / 2);
    if (factor < 1) return;
    const auto width = static_cast<std::uint32_t>(levels[0].width / factor);
    const auto height = static_cast<std::uint32_t>(levels[0].height / factor);
    if (width == 0 || height == 0 || width > levels[i].width || height > levels[i].height) continue;
    levels[i].width = width;
    levels[i].height = height;
    levels[i].downsample = factor;
  }
}

void add_philips_image(Draft& draft, std::string_view name, const XmlElement* image) {
  if (image == nullptr) return;
  auto bytes = std::make_shared<std::vector<std::uint8_t>>(
      from_base64(text_of(philips_attribute(*image, "PIM_DP_IMAGE_DATA"))));
  if (!bytes->empty()) draft.add_image(name, CodeStream::from_bytes(*bytes, bytes));
}

/// "tiff-useBigTIFF=1-...-levels=40,10,5,...": the first one is the lens, if it may be one.
std::optional<double> philips_lens(std::string_view derivation) {
  std::optional<double> lens;
  bool names_a_file = false;  // which may hold dashes
  each_pair(derivation, "-", [&](std::string_view name, std::string_view value) {
    names_a_file = names_a_file || name == "sourceFilename";
    if (name != "levels" || names_a_file || lens) return;
    lens = parse_number(value.substr(0, value.find(',')));
  });
  return lens && *lens > 0 && *lens <= 200 ? lens : std::nullopt;
}

bool describe_philips(Draft& draft) {
  const auto root = parse_xml(draft.file.first().text(kImageDescription));
  const XmlElement* scan = root.ok() ? philips_image(*root, "WSI") : nullptr;
  if (scan == nullptr) return false;
  for (const Page& page : draft.file.pages) {
    const std::string_view words = page.text(kImageDescription);
    if (page.tiled())
      draft.add_level(page);
    else if (words.starts_with("Label"))
      draft.add_image("label", page);
    else if (words.starts_with("Macro"))
      draft.add_image("macro", page);
  }
  if (draft.info.levels.empty()) return false;
  unpad_philips(draft, *scan);
  add_philips_properties(draft, "philips", *root);
  add_philips_properties(draft, "philips", *scan);
  add_philips_image(draft, "label", philips_image(*root, "LABELIMAGE"));
  add_philips_image(draft, "macro", philips_image(*root, "MACROIMAGE"));
  const auto spacing = parse_spacing(draft.properties["philips.DICOM_PIXEL_SPACING"]);
  if (spacing) {
    draft.info.mpp_x = 1000 * (*spacing)[0];
    draft.info.mpp_y = 1000 * (*spacing)[1];
  }
  draft.info.magnification = philips_lens(draft.properties["philips.DICOM_DERIVATION_DESCRIPTION"]);
  std::erase_if(draft.properties, [](const auto& each) { return each.second.empty(); });
  return true;
}

// Trestle: every page is a level; a file with the extension .Full beside it is the macro image.

bool trestle_wrote(const File& file) {
  return file.first().text(kSoftware).starts_with("MedScan") &&
         !file.first().text(kImageDescription).empty();
}

bool describe_trestle(Draft& draft) {
  for (const Page& page : draft.file.pages) draft.add_level(page);
  each_pair(draft.file.first().text(kImageDescription), ";",
            [&](auto name, auto value) { draft.add_property("trestle", name, value); });
  draft.info.magnification = draft.number("trestle.Objective Power");
  // Not by the standard: the tags hold microns along a pixel.
  draft.info.mpp_x = draft.file.first().number_of(kXResolution);
  draft.info.mpp_y = draft.file.first().number_of(kYResolution);
  const std::filesystem::path path = draft.file.first().stream.path();
  if (path.empty()) return true;
  const auto macro = CodeStream::open(std::filesystem::path(path).replace_extension(".Full"));
  if (macro.ok()) draft.add_image("macro", *macro);
  return true;
}

// Ventana: XMP holds an iScan element; descriptions of pages say what they are.

bool ventana_wrote(const File& file) { return contains(file.first().text(kXmp), "iScan"); }

bool describe_ventana(Draft& draft) {
  const auto root = parse_xml(draft.file.first().text(kXmp));
  if (!root.ok()) return false;
  const XmlElement* scan = root->name == "iScan" ? &*root : root->child("iScan");
  if (scan == nullptr) return false;
  double first_lens = 0;
  for (const Page& page : draft.file.pages) {
    const std::string_view words = page.text(kImageDescription);
    if (words == "Label Image" || words == "Label_Image") draft.add_image("macro", page);
    if (words == "Thumbnail") draft.add_image("thumbnail", page);
    if (!contains(words, "level=")) continue;
    double lens = 0;
    each_pair(words, " ", [&](std::string_view name, std::string_view value) {
      if (name == "mag") lens = parse_number(value).value_or(0);
    });
    if (first_lens == 0) first_lens = lens;
    draft.add_level(page, lens > 0 ? first_lens / lens : 0);
  }
  for (const auto& [name, value] : scan->attributes) draft.add_property("ventana", name, value);
  draft.info.magnification = draft.number("ventana.Magnification");
  draft.info.mpp_x = draft.info.mpp_y = draft.number("ventana.ScanRes");
  return true;
}

// OME-TIFF (ome-model.readthedocs.io): XML in the first page's description.

bool ome_wrote(const File& file) { return contains(file.first().text(kImageDescription), "<OME"); }

/// Microns, of a length in the unit that the model's UnitsLength names.
std::optional<double> microns(const XmlElement& pixels, const std::string& axis) {
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"", 1},     {"\xC2\xB5m", 1}, {"\xCE\xBCm", 1}, {"um", 1},     {"nm", 1e-3},
      {"mm", 1e3}, {"cm", 1e4},      {"m", 1e6},       {"in", 25'400}};
  const auto size = parse_number(attribute(&pixels, "PhysicalSize" + axis));
  const std::string_view unit = attribute(&pixels, "PhysicalSize" + axis + "Unit");
  for (const auto& [name, factor] : kUnits) {
    if (size && *size > 0 && unit == name) return *size * factor;
  }
  return std::nullopt;
}

std::optional<double> ome_lens(const XmlElement& root, const XmlElement& image) {
  const std::string_view used = attribute(image.child("ObjectiveSettings"), "ID");
  for (const XmlElement& instrument : root.children) {
    for (const XmlElement& objective : instrument.children) {
      if (objective.name != "Objective") continue;
      if (used.empty() || attribute(&objective, "ID") == used) {
        return parse_number(attribute(&objective, "NominalMagnification"));
      }
    }
  }
  return std::nullopt;
}

/// Images beside the first whose names say what they are.
void add_ome_images(Draft& draft, const XmlElement& root, const XmlElement& first) {
  for (const XmlElement& image : root.children) {
    const XmlElement* data = image.find({"Pixels", "TiffData"});
    if (image.name != "Image" || &image == &first || data == nullptr) continue;
    std::string name(attribute(&image, "Name"));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const Page* page = draft.file.page(parse_count(attribute(data, "IFD")).value_or(0));
    for (const std::string_view kind : {"label", "macro", "thumbnail"}) {
      if (page != nullptr && contains(name, kind)) draft.add_image(kind, *page);
    }
  }
}

bool describe_ome(Draft& draft) {
  const auto root = parse_xml(draft.file.first().text(kImageDescription));
  const XmlElement* image = root.ok() && root->name == "OME" ? root->child("Image") : nullptr;
  const XmlElement* pixels = image == nullptr ? nullptr : image->child("Pixels");
  if (pixels == nullptr) return false;
  add_pyramid(draft, false);
  for (const auto& [name, value] : pixels->attributes) draft.add_property("ome", name, value);
  draft.add_property("ome", "Name", attribute(image, "Name"));
  draft.add_property("ome", "AcquisitionDate", text_of(image->child("AcquisitionDate")));
  draft.add_property("ome", "Creator", attribute(&*root, "Creator"));
  draft.info.mpp_x = microns(*pixels, "X");
  draft.info.mpp_y = microns(*pixels, "Y");
  draft.info.magnification = ome_lens(*root, *image);
  add_ome_images(draft, *root, *image);
  return true;
}

constexpr Vendor kVendors[] = {
    // name       wrote             describe           resolution, description
    {"aperio", aperio_wrote, describe_aperio, false, true},
    {"philips", philips_wrote, describe_philips, false, false},
    {"hamamatsu", hamamatsu_wrote, describe_hamamatsu, true, true},
    {"leica", leica_wrote, describe_leica, true, false},
    {"trestle", trestle_wrote, describe_trestle, false, true},
    {"ventana", ventana_wrote, describe_ventana, false, true},
    {"ome", ome_wrote, describe_ome, true, false},
};

}  // namespace

std::span<const Vendor> vendors() { return kVendors; }

}  // namespace glimt::slide
