// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "slide/xml.h"

#include <gtest/gtest.h>

namespace glimt::slide {
namespace {

TEST(Xml, ElementsAttributesAndText) {
  const auto root = parse_xml(
      "\xEF\xBB\xBF<?xml version='1.0'?><!DOCTYPE a><!-- <b> -->\n"
      "<ns:a xmlns:ns=\"u\" k = 'v &lt;&#65;&#x3bc;&unknown;'>one<b/>two<c><d>x</d></c>"
      "<![CDATA[<&amp;]]><!-- no --></ns:a>");
  ASSERT_TRUE(root.ok()) << root.status().text();
  EXPECT_EQ(root->name, "a");
  EXPECT_EQ(*root->attribute("k"), "v <A\xCE\xBC&unknown;");
  EXPECT_EQ(root->attribute("none"), nullptr);
  EXPECT_EQ(root->text, "onetwo<&amp;");
  ASSERT_NE(root->find({"c", "d"}), nullptr);
  EXPECT_EQ(root->find({"c", "d"})->text, "x");
  EXPECT_EQ(root->find({"b", "d"}), nullptr);
}

TEST(Xml, WhatIsNotWellFormedIsRefused) {
  for (const char* text : {"", "text", "<", "<a", "<a>", "<a><b></a>", "<a k></a>", "<a k=v/>",
                           "<a k='v/>", "<a><![CDATA[x</a>", "<!-- x", "<a><b", "< a/>"}) {
    const auto root = parse_xml(text);
    EXPECT_EQ(root.status().code(), Code::corrupt) << text;
  }
}

TEST(Xml, EveryTruncationIsAnError) {
  const std::string_view text = "<a k=\"v\"><b>t&amp;</b><c/><![CDATA[z]]></a>";
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(parse_xml(text.substr(0, size)).ok()) << size;
  }
  EXPECT_TRUE(parse_xml(text).ok());
}

TEST(Xml, NestingEndsSomewhere) {
  std::string text;
  for (int i = 0; i < 1'000'000; ++i) text += "<a>";
  EXPECT_EQ(parse_xml(text).status().code(), Code::corrupt);
  for (int i = 0; i < 1'000'000; ++i) text += "</a>";
  EXPECT_EQ(parse_xml(text).status().code(), Code::limit);
}

}  // namespace
}  // namespace glimt::slide
