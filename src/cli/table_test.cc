// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/table.h"

#include <gtest/gtest.h>

namespace glimt::cli {
namespace {

TEST(Table, AlignsColumnsAndTrimsLines) {
  Table table({{"file"}, {"ms", Align::right}, {"note"}});
  table.add({"a.png", "1.5", ""});
  table.add({"bb.webp", "12", "alpha dropped"});
  EXPECT_EQ(table.text(),
            "file      ms  note\n"
            "-------  ---  -------------\n"
            "a.png    1.5\n"
            "bb.webp   12  alpha dropped\n");
}

TEST(Table, MissingCellsAreEmpty) {
  Table table({{"a"}, {"b"}});
  table.add({"1"});
  EXPECT_EQ(table.text(), "a  b\n-  -\n1\n");
}

TEST(Table, CountsCodePointsNotBytes) {
  Table table({{"name"}, {"n", Align::right}});
  table.add({"Gr\u00fc\u00dfe", "1"});
  table.add({"12345", "2"});
  EXPECT_EQ(table.text(), "name   n\n-----  -\nGr\u00fc\u00dfe  1\n12345  2\n");
  EXPECT_EQ(columns_of("\u56f3"), 1U);
}

}  // namespace
}  // namespace glimt::cli
