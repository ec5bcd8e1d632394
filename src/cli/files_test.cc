// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/files.h"

#include <unistd.h>

#include <fstream>

#include <gtest/gtest.h>

namespace glimt::cli {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  Files() : root_(fs::temp_directory_path() / ("glimt-files-" + std::to_string(::getpid()))) {
    for (const char* name : {"b.png", "a.JPG", "sub/c.webp", "sub/deep/d.ppm", "notes.txt"}) {
      fs::create_directories((root_ / name).parent_path());
      std::ofstream(root_ / name) << "x";
    }
  }
  ~Files() override { fs::remove_all(root_); }

  static std::vector<std::string> relatives(const Inputs& inputs) {
    std::vector<std::string> names;
    for (const Input& input : inputs.files) names.push_back(input.relative.string());
    return names;
  }
  [[nodiscard]] std::string at(const std::string& name) const { return (root_ / name).string(); }

  fs::path root_;
};

TEST_F(Files, AFolderGivesItsImagesSortedWithTheirPlaces) {
  const Inputs inputs = expand({root_.string()});
  EXPECT_EQ(relatives(inputs),
            (std::vector<std::string>{"a.JPG", "b.png", "sub/c.webp", "sub/deep/d.ppm"}));
  EXPECT_EQ(inputs.others_skipped, 1U);
  EXPECT_TRUE(inputs.any_folder);
}

TEST_F(Files, AFolderWithAFinalSlashIsTheSame) {
  EXPECT_EQ(relatives(expand({root_.string() + "/"})), relatives(expand({root_.string()})));
}

TEST_F(Files, NamedFilesAreTakenWhateverTheirExtension) {
  const Inputs inputs = expand({at("notes.txt"), at("missing.png")});
  EXPECT_EQ(relatives(inputs), (std::vector<std::string>{"notes.txt", "missing.png"}));
  EXPECT_FALSE(inputs.any_folder);
}

TEST_F(Files, GlobsAreExpanded) {
  EXPECT_EQ(relatives(expand({at("*.png"), at("sub/*")})),
            (std::vector<std::string>{"b.png", "c.webp", "d.ppm"}));
}

TEST_F(Files, AFileWhoseNameLooksLikeAGlobIsAFile) {
  std::ofstream(root_ / "[1].png") << "x";
  EXPECT_EQ(relatives(expand({at("[1].png")})), (std::vector<std::string>{"[1].png"}));
}

TEST_F(Files, EachFileIsTakenOnce) {
  EXPECT_EQ(relatives(expand({at("b.png"), at("sub/../b.png"), at("*.png")})),
            (std::vector<std::string>{"b.png"}));
}

TEST_F(Files, TheExcludedFolderIsLeftOut) {
  EXPECT_EQ(relatives(expand({root_.string()}, root_ / "sub/")),
            (std::vector<std::string>{"a.JPG", "b.png"}));
}

TEST_F(Files, PlacesAreEqualForTwoNamesOfOne) {
  EXPECT_TRUE(same_place(root_ / "out", root_ / "sub/../out/"));
  EXPECT_FALSE(same_place(root_ / "out", root_ / "sub/out"));
}

TEST(Extension, IsLowerCaseWithDot) {
  EXPECT_EQ(extension_of("a/B.JPG"), ".jpg");
  EXPECT_EQ(extension_of("a.b/c"), "");
}

}  // namespace
}  // namespace glimt::cli
