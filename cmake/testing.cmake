# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
# What tests and fuzz targets are linked with: the core, and the testing.cc of every folder.
file(GLOB_RECURSE testing_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/testing.cc")
add_library(glimt_testing INTERFACE)
target_link_libraries(glimt_testing INTERFACE glimt_core glimt_warnings)
# Tests name the parameters that they are about, {.errors = ...}, and leave the others out.
target_compile_options(glimt_testing INTERFACE -Wno-missing-field-initializers)
# The code under test is optimised as ever; the tests themselves compile in half the time like this.
target_compile_options(glimt_testing INTERFACE $<$<CONFIG:Release>:-O1>)
if(testing_sources)
  add_library(glimt_testing_library STATIC ${testing_sources})
  target_link_libraries(glimt_testing_library PRIVATE glimt_core glimt_warnings)
  target_link_libraries(glimt_testing INTERFACE glimt_testing_library)
endif()
