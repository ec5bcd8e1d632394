// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "gpu/library.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace glimt::gpu {
namespace {

constexpr const char* kAbsent[] = {"libglimt_absent.so.1", "libglimt_absent.so.0"};
constexpr const char* kPresent[] = {"libglimt_absent.so.1", "libm.so.6"};
constexpr const char* kVariable = "GLIMT_TEST_LIBRARY";

TEST(Library, TheFirstThatLoadsIsTaken) {
  const auto library = Library::open({"libm", kPresent, {}, nullptr});
  ASSERT_TRUE(library.ok()) << library.status().text();
  EXPECT_EQ(library->path(), "libm.so.6");
  double (*cosine)(double) = nullptr;
  ASSERT_TRUE(library->find("cos", cosine).ok());
  EXPECT_EQ(cosine(0.0), 1.0);
}

TEST(Library, AMissingFunctionIsNamed) {
  const auto library = Library::open({"libm", kPresent, {}, nullptr});
  ASSERT_TRUE(library.ok());
  void (*function)() = nullptr;
  const Status status = library->find("glimt_absent_function", function);
  EXPECT_EQ(status.code(), Code::device);
  EXPECT_NE(status.message().find("glimt_absent_function"), std::string::npos);
  EXPECT_EQ(function, nullptr);
}

TEST(Library, AMissingOneNamesAllThatWasTried) {
  const auto library = Library::open({"Absent", kAbsent, {}, kVariable});
  ASSERT_FALSE(library.ok());
  EXPECT_EQ(library.status().code(), Code::device);
  const std::string text = library.status().message();
  for (const char* word : {"Absent is not installed", kAbsent[0], kAbsent[1], kVariable}) {
    EXPECT_NE(text.find(word), std::string::npos) << text;
  }
}

TEST(Library, TheNamedFileStandsForItself) {
  EXPECT_FALSE(Library::open({"libm", kPresent, {}, nullptr}, "libglimt_absent.so.7").ok());
  ASSERT_EQ(setenv(kVariable, "libglimt_absent.so.8", 1), 0);
  const auto library = Library::open({"libm", kPresent, {}, kVariable});
  ASSERT_EQ(unsetenv(kVariable), 0);
  ASSERT_FALSE(library.ok());
  EXPECT_NE(library.status().message().find("libglimt_absent.so.8"), std::string::npos);
}

}  // namespace
}  // namespace glimt::gpu
