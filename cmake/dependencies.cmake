# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
# Everything the engine links, behind one target. docs/dependencies.md says why each is here and which versions work.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(JPEG REQUIRED)
find_package(ZLIB 1.2.11 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(hwy 1.0.3 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
pkg_check_modules(libdeflate REQUIRED IMPORTED_TARGET libdeflate>=1.14)
pkg_check_modules(isal REQUIRED IMPORTED_TARGET libisal>=2.30)
pkg_check_modules(lerc REQUIRED IMPORTED_TARGET Lerc>=4)
pkg_check_modules(liblzma REQUIRED IMPORTED_TARGET liblzma>=5.2)
pkg_check_modules(libzstd REQUIRED IMPORTED_TARGET libzstd>=1.4)
pkg_check_modules(libwebp REQUIRED IMPORTED_TARGET libwebp>=1.2 libwebpdemux>=1.2 libwebpmux>=1.2)
pkg_check_modules(pugixml REQUIRED IMPORTED_TARGET pugixml>=1.11)
pkg_check_modules(openjpeg REQUIRED IMPORTED_TARGET libopenjp2>=2.5)

pkg_check_modules(libjxl IMPORTED_TARGET libjxl>=0.7)  # optional

# Debian 12's openjph.pc is empty, so it is looked for by hand.
find_path(OPENJPH_INCLUDE_DIR openjph/ojph_codestream.h REQUIRED)
find_library(OPENJPH_LIBRARY openjph REQUIRED)
mark_as_advanced(OPENJPH_INCLUDE_DIR OPENJPH_LIBRARY)
add_library(glimt_openjph INTERFACE)
target_include_directories(glimt_openjph SYSTEM INTERFACE "${OPENJPH_INCLUDE_DIR}")
target_link_libraries(glimt_openjph INTERFACE "${OPENJPH_LIBRARY}")

add_library(glimt_dependencies INTERFACE)
target_link_libraries(glimt_dependencies INTERFACE
  JPEG::JPEG ZLIB::ZLIB PkgConfig::libdeflate PkgConfig::isal PkgConfig::lerc PkgConfig::liblzma PkgConfig::libzstd
  PkgConfig::libwebp PkgConfig::openjpeg PkgConfig::pugixml
  glimt_openjph hwy::hwy fmt::fmt nlohmann_json::nlohmann_json Threads::Threads ${CMAKE_DL_LIBS})
target_compile_definitions(glimt_dependencies INTERFACE
  GLIMT_CUDA=$<BOOL:${GLIMT_CUDA}>
  GLIMT_JPEG_XL=$<BOOL:${libjxl_FOUND}>
  HWY_WANT_AVX3_DL=1)  # Highway 1.0.3 leaves this target out otherwise; byte permutes want it.

if(libjxl_FOUND)
  target_link_libraries(glimt_dependencies INTERFACE PkgConfig::libjxl)
endif()

if(GLIMT_CUDA)
  find_package(CUDAToolkit 12 REQUIRED)
  target_link_libraries(glimt_dependencies INTERFACE CUDA::cudart_static)
endif()
