// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/plan.h"

#include <gtest/gtest.h>

#include "engine/config.h"

namespace glimt {
namespace {

StreamInfo stream(ColorModel color, int channels, ColorSpec spec, SampleType type = SampleType::u8,
                  int bits = 8, bool alpha = false) {
  StreamInfo info;
  info.image.width = 64;
  info.image.height = 48;
  info.image.channels = static_cast<std::uint32_t>(channels);
  info.image.type = type;
  info.image.color_spec = spec;
  info.form.type = type;
  info.form.bit_depth = static_cast<std::uint8_t>(bits);
  info.form.channels = static_cast<std::uint16_t>(channels);
  info.form.color = color;
  info.form.alpha = alpha;
  return info;
}

struct Row {
  const char* source;
  StreamInfo info;
  ColorSpec wish;
  bool any_depth;
  std::uint32_t channels;
  SampleType type;
  int precision;
  SampleFormat format;
  ColorSpec spec;
};

TEST(Plan, OutputFollowsTheTable) {
  using enum ColorSpec;
  const StreamInfo jpeg = stream(ColorModel::ycc, 3, sycc);
  const StreamInfo png16 = stream(ColorModel::rgb, 4, srgb, SampleType::u16, 16, true);
  const StreamInfo gray_alpha = stream(ColorModel::gray, 2, gray, SampleType::u8, 8, true);
  const StreamInfo inks = stream(ColorModel::cmyk, 4, ColorSpec::cmyk);
  const StreamInfo raw_j2k = stream(ColorModel::rgb, 3, unchanged, SampleType::u16, 12);
  const StreamInfo six = stream(ColorModel::other, 6, srgb);
  using F = SampleFormat;
  using T = SampleType;
  const Row rows[] = {
      {"jpeg", jpeg, srgb, false, 3, T::u8, 0, F::i_rgb, srgb},
      {"jpeg", jpeg, gray, false, 1, T::u8, 0, F::i_y, gray},
      {"jpeg", jpeg, unchanged, false, 3, T::u8, 0, F::i_unchanged, srgb},
      {"jpeg", jpeg, sycc, false, 3, T::u8, 0, F::i_yuv, sycc},
      {"png16", png16, srgb, false, 3, T::u8, 0, F::i_rgb, srgb},
      {"png16", png16, srgb, true, 3, T::u16, 16, F::i_rgb, srgb},
      {"png16", png16, unchanged, true, 4, T::u16, 16, F::i_rgba, srgb},
      {"png16", png16, unchanged, false, 4, T::u8, 0, F::i_rgba, srgb},
      {"gray+alpha", gray_alpha, unchanged, false, 2, T::u8, 0, F::i_ya, gray},
      {"cmyk", inks, unchanged, false, 4, T::u8, 0, F::i_cmyk, ColorSpec::cmyk},
      {"cmyk", inks, srgb, false, 3, T::u8, 0, F::i_rgb, srgb},
      {"j2k", raw_j2k, unchanged, true, 3, T::u16, 12, F::i_unchanged, srgb},
      {"six", six, unchanged, false, 6, T::u8, 0, F::i_unchanged, srgb},
  };
  for (const Row& row : rows) {
    DecodeParams params;
    params.color_spec = row.wish;
    params.allow_any_depth = row.any_depth;
    const auto plan = plan_decode(row.info, {}, params, {});
    ASSERT_TRUE(plan.ok()) << row.source << plan.status().text();
    EXPECT_EQ(plan->spec.channels, row.channels) << row.source;
    EXPECT_EQ(plan->spec.type, row.type) << row.source;
    EXPECT_EQ(int{plan->spec.precision}, row.precision) << row.source;
    EXPECT_EQ(plan->spec.sample_format, row.format) << row.source;
    EXPECT_EQ(plan->spec.color_spec, row.spec) << row.source;
  }
}

TEST(Plan, ATypeThatIsAskedForTakesItsWholeRange) {
  const StreamInfo twelve = stream(ColorModel::gray, 1, ColorSpec::gray, SampleType::u16, 12);
  for (const bool any_depth : {false, true}) {
    DecodeParams params;
    params.color_spec = ColorSpec::unchanged;
    params.allow_any_depth = any_depth;
    params.type = SampleType::u16;
    const auto plan = plan_decode(twelve, {}, params, {});
    EXPECT_EQ(plan->spec.type, SampleType::u16);
    EXPECT_EQ(int{plan->spec.precision}, 0);
    EXPECT_EQ(int{plan->form.bit_depth}, 16);
    params.type = SampleType::f32;
    EXPECT_EQ(plan_decode(twelve, {}, params, {})->spec.type, SampleType::f32);
  }
}

TEST(Plan, OrientationSwapsTheAxesOfRegions) {
  StreamInfo info = stream(ColorModel::rgb, 3, ColorSpec::srgb);
  info.image.orientation = Orientation::right_top;
  StreamView view;
  view.region = Region{10, 20, 30, 25, {}};
  const auto plan = plan_decode(info, view, {}, {});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->spec.width, 20);
  EXPECT_EQ(plan->spec.height, 5);
  DecodeParams stored;
  stored.apply_exif_orientation = false;
  EXPECT_EQ(plan_decode(info, view, stored, {})->spec.width, 5);
}

TEST(Plan, LimitsAreJudgedBeforeAnythingIsAllocated) {
  StreamInfo info = stream(ColorModel::rgb, 3, ColorSpec::srgb);
  Limits limits;
  limits.max_pixels = 64 * 48 - 1;
  const auto refused = plan_decode(info, {}, {}, limits);
  EXPECT_EQ(refused.status().code(), Code::limit);
  StreamView view;
  view.region = Region{0, 0, 10, 10, {}};
  EXPECT_TRUE(plan_decode(info, view, {}, limits).ok());
  info.image.width = 4'000'000'000U;
  EXPECT_EQ(plan_decode(info, view, {}, {}).status().code(), Code::limit);
}

TEST(Plan, SampleFormatsOutsideTheFamilyAreRefused) {
  const StreamInfo info = stream(ColorModel::rgb, 3, ColorSpec::srgb);
  DecodeParams params;
  params.sample_format = SampleFormat::i_y;
  EXPECT_EQ(plan_decode(info, {}, params, {}).status().code(), Code::bad_argument);
  params.sample_format = SampleFormat::p_bgr;
  const auto plan = plan_decode(info, {}, params, {});
  ASSERT_TRUE(plan.ok());
  EXPECT_TRUE(plan->form.planar && plan->form.bgr);
  EXPECT_EQ(plan->spec.sample_format, SampleFormat::p_bgr);
}

TEST(Plan, FormOfAnImageNeedsEnoughChannels) {
  ImageSpec spec{4, 4, 2, SampleType::u8, 0, SampleFormat::i_rgb, ColorSpec::srgb};
  EXPECT_EQ(form_of(spec).status().code(), Code::bad_argument);
  spec.channels = 3;
  EXPECT_EQ(form_of(spec)->color, ColorModel::rgb);
  spec.sample_format = SampleFormat::unknown;
  spec.channels = 7;
  EXPECT_EQ(form_of(spec)->color, ColorModel::other);
}

TEST(Plan, ContradictionsAreNamed) {
  const StreamInfo png = stream(ColorModel::rgb, 3, ColorSpec::srgb);
  DecodeParams params;
  params.sample_format = SampleFormat::p_cmyk;
  const Status named = plan_decode(png, {}, params, {}).status();
  EXPECT_EQ(named.code(), Code::bad_argument);
  EXPECT_NE(named.message().find("P_CMYK does not belong to color_spec SRGB"), std::string::npos);
  for (const ColorSpec spec :
       {ColorSpec::palette, ColorSpec::icc_profile, ColorSpec::unsupported}) {
    DecodeParams none;
    none.color_spec = spec;
    EXPECT_EQ(plan_decode(png, {}, none, {}).status().code(), Code::bad_argument);
  }
  DecodeParams smaller;
  smaller.reduce = 1;
  EXPECT_EQ(plan_decode(png, {}, smaller, {}).status().code(), Code::unsupported);
}

TEST(Plan, OnlyInksAreInverted) {
  StreamInfo info = stream(ColorModel::cmyk, 4, ColorSpec::cmyk);
  info.form.inverted = true;
  DecodeParams params;
  EXPECT_FALSE(plan_decode(info, {}, params, {})->form.inverted);
  EXPECT_FALSE(plan_decode(info, {}, params, {})->spec.inverted_inks);
  params.color_spec = ColorSpec::unchanged;
  EXPECT_TRUE(plan_decode(info, {}, params, {})->form.inverted);
  params.color_spec = ColorSpec::gray;
  EXPECT_FALSE(plan_decode(info, {}, params, {})->form.inverted);
}

TEST(Config, GpuKindsAloneNeedAGpu) {
  CodecConfig config;
  config.backends = {{BackendKind::gpu_only, 1.0F, LoadHintPolicy::fixed}};
  Site none;
  none.absence = {Code::device, "no driver"};
  const Status refusal = allowed_kinds(config, {}, none).status();
  EXPECT_EQ(refusal.code(), Code::device);
  EXPECT_NE(refusal.message().find("no driver"), std::string::npos);
  const auto kinds = allowed_kinds(config, Options::parse(":cpu_fallback=1"), none);
  ASSERT_TRUE(kinds.ok());
  EXPECT_EQ(kinds->back(), BackendKind::cpu_only);
  Site first_gpu;
  first_gpu.device = 0;
  EXPECT_EQ(*allowed_kinds(config, {}, first_gpu), std::vector{BackendKind::gpu_only});
}

TEST(Config, RowsServeAsTheFirstAllowedKindThatTheyAnswerFor) {
  const auto never = [](int, const Options&) { return Status(Code::device, "no engine"); };
  const DecodeBackend cpu{.name = "cpu"};
  const DecodeBackend gpu{
      .name = "gpu", .kind = BackendKind::hybrid_cpu_gpu, .also = kind_bit(BackendKind::gpu_only)};
  const DecodeBackend engine{
      .name = "engine", .kind = BackendKind::hw_gpu_only, .available = never};
  const DecodeBackend* const rows[] = {&engine, &gpu, &cpu};
  Site first_gpu;
  first_gpu.device = 0;
  const auto names = [&](std::vector<BackendKind> kinds, const Site& site) {
    std::string text;
    const auto allowed = allowed_backends<DecodeBackend>(rows, kinds, {}, site);
    if (!allowed.ok()) return allowed.status().message();
    for (const auto& each : *allowed) text += std::string(each->name) + " ";
    return text;
  };
  using enum BackendKind;
  EXPECT_EQ(names({gpu_only}, first_gpu), "gpu ");
  EXPECT_EQ(names({hybrid_cpu_gpu}, first_gpu), "gpu ");
  EXPECT_EQ(names({cpu_only, gpu_only, hybrid_cpu_gpu, hw_gpu_only}, first_gpu), "gpu cpu ");
  EXPECT_EQ(names({cpu_only, gpu_only}, {}), "cpu ");
  EXPECT_EQ(names({hw_gpu_only}, first_gpu), "no engine");
  const auto served = allowed_backends<DecodeBackend>(rows, std::vector{gpu_only}, {}, first_gpu);
  EXPECT_EQ(served->front().kind, gpu_only);
}

TEST(Config, UnknownOptionsAreNamed) {
  constexpr std::string_view keys[] = {"fancy_upsampling"};
  const OptionModule modules[] = {{"turbo", "peer", keys}};
  const auto unknown = find_unknown_options(
      Options::parse("turbo:fancy_upsampling=1 peer:fancy_upsampling=1 :fancy=1 other:x=2 junk"),
      modules);
  EXPECT_EQ(unknown, (std::vector<std::string>{":fancy=1", "other:x=2"}));
}

TEST(Options, TheLastMatchWins) {
  const Options options = Options::parse("a:k=1 :k=0 b:k=1");
  EXPECT_FALSE(options.flag("a", "k", true));
  EXPECT_TRUE(options.flag("b", "k", false));
  EXPECT_TRUE(options.flag("c", "absent", true));
  EXPECT_EQ(options.get("c", "k"), "0");
}

}  // namespace
}  // namespace glimt
