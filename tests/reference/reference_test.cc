// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Every file X in tests/reference/files with a neighbour X.pam must decode to exactly the pixels of
// that neighbour, which another decoder read. Dropping two files there makes a test; on failure the
// pixels that glimt sees are kept beside the test program as X.actual.pam.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "glimt/glimt.h"

namespace glimt {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(GLIMT_SOURCE_DIR "/tests/reference/files")) {
    if (fs::exists(entry.path().string() + ".pam")) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

class Reference : public ::testing::TestWithParam<fs::path> {};

Result<Image> decode(const std::string& path) {
  const auto stream = CodeStream::open(path);
  if (!stream.ok()) return stream.status();
  const Decoder decoder = Decoder::make({.options = ":fancy_upsampling=1"}).value();
  DecodeParams params;
  params.color_spec = ColorSpec::unchanged;
  params.allow_any_depth = true;
  return decoder.decode(stream.value(), params);
}

TEST_P(Reference, GivesThePixelsOfAnotherDecoder) {
  const auto image = decode(GetParam().string());
  ASSERT_TRUE(image.ok()) << image.status().text();
  const Image want = decode(GetParam().string() + ".pam").value();
  ASSERT_EQ(image->spec().width, want.spec().width);
  ASSERT_EQ(image->spec().height, want.spec().height);
  ASSERT_EQ(image->spec().channels, want.spec().channels);
  ASSERT_EQ(image->spec().type, want.spec().type);
  const bool equal = std::memcmp(image->data(), want.data(), want.size_bytes()) == 0;
  if (!equal) {
    const std::string kept = GetParam().filename().string() + ".actual.pam";
    ASSERT_TRUE(Encoder::make().value().write(kept, image.value()).ok());
    FAIL() << "pixels differ; what glimt sees is in " << fs::absolute(kept);
  }
}

std::string test_name(const ::testing::TestParamInfo<fs::path>& info) {
  std::string name = info.param.filename().string();
  std::replace_if(name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Files, Reference, ::testing::ValuesIn(files()), test_name);

}  // namespace
}  // namespace glimt
