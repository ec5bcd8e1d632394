# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
# One program of every src/**/*_test.cc and tests/reference/*.cc.
enable_testing()
include(GoogleTest)
find_package(GTest 1.12 REQUIRED)
find_package(PNG REQUIRED)  # As a reference that pixels are compared with; the library does not use it.
pkg_check_modules(libtiff REQUIRED IMPORTED_TARGET libtiff-4>=4.5)  # The same, of TIFF.

file(GLOB_RECURSE test_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/*_test.cc")
file(GLOB reference_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/reference/*.cc")
list(APPEND test_sources ${reference_sources})
if(NOT TARGET glimt_cli_objects)
  list(FILTER test_sources EXCLUDE REGEX "/src/cli/")
endif()

if(test_sources)
  add_executable(glimt_tests ${test_sources})
  target_link_libraries(glimt_tests PRIVATE glimt_testing PNG::PNG PkgConfig::libtiff GTest::gtest GTest::gtest_main)
  if(TARGET glimt_cli_objects)
    target_link_libraries(glimt_tests PRIVATE glimt_cli_objects)
  endif()
  # Where tests find samples and reference files.
  target_compile_definitions(glimt_tests PRIVATE GLIMT_SOURCE_DIR="${PROJECT_SOURCE_DIR}" GLIMT_VERSION="${PROJECT_VERSION}")
  gtest_discover_tests(glimt_tests WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
endif()

# Tests that need a GPU skip, by name, where there is none. tools/bundle carries the program to a machine that has one.
if(GLIMT_CUDA)
  file(GLOB gpu_test_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/gpu/*_test.cc")
  add_executable(glimt_gpu_tests ${gpu_test_sources})
  target_link_libraries(glimt_gpu_tests PRIVATE glimt_testing GTest::gtest GTest::gtest_main)
  set_target_properties(glimt_gpu_tests PROPERTIES BUILD_RPATH "$ORIGIN/../lib")
  gtest_discover_tests(glimt_gpu_tests DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)

  add_executable(glimt_gpu_bench EXCLUDE_FROM_ALL "${PROJECT_SOURCE_DIR}/bench/gpu/jpeg_decode.cc")
  target_link_libraries(glimt_gpu_bench PRIVATE glimt_core glimt_warnings)
  set_target_properties(glimt_gpu_bench PROPERTIES BUILD_RPATH "$ORIGIN/../lib")

  add_executable(glimt_gpu_encode_bench EXCLUDE_FROM_ALL "${PROJECT_SOURCE_DIR}/bench/gpu/jpeg_encode.cc")
  target_link_libraries(glimt_gpu_encode_bench PRIVATE glimt_core glimt_warnings)
  set_target_properties(glimt_gpu_encode_bench PROPERTIES BUILD_RPATH "$ORIGIN/../lib")
endif()

# A project of a user's kind builds against an installed tree. A sanitized library wants a sanitized program: left out there.
if(NOT GLIMT_SANITIZE)
  add_test(NAME consumer COMMAND "${PROJECT_SOURCE_DIR}/tests/consumer/run" "${PROJECT_BINARY_DIR}"
    "${CMAKE_COMMAND}" "${CMAKE_CXX_COMPILER}")
  set_tests_properties(consumer PROPERTIES TIMEOUT 300 ENVIRONMENT "NINJA=${CMAKE_MAKE_PROGRAM}")
endif()

# The examples of examples/ and of the README compile and run.
add_executable(decode_one "${PROJECT_SOURCE_DIR}/examples/decode_one.cc")
target_link_libraries(decode_one PRIVATE glimt::glimt glimt_warnings)
add_test(NAME example_decode_one
  COMMAND decode_one "${PROJECT_SOURCE_DIR}/samples/rocket.jpg" "${PROJECT_BINARY_DIR}/example_decode_one.png")
set_tests_properties(example_decode_one PROPERTIES PASS_REGULAR_EXPRESSION "640 x 427 pixels" TIMEOUT 60)
