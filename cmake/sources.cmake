# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0

# Sets `out` to the .cc files, and with GLIMT_CUDA the .cu files, below the given folders of src/,
# without those that belong to tests and fuzz targets: x_test.cc, x_fuzz.cc, and the testing.cc that they share.
# x_absent.cc stands in for the kernels of a build without CUDA. A folder that does not exist is an empty one.
function(glimt_sources out)
  set(found)
  foreach(folder IN LISTS ARGN)
    file(GLOB_RECURSE files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${folder}/*.cc")
    list(APPEND found ${files})
    if(GLIMT_CUDA)
      file(GLOB_RECURSE files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${folder}/*.cu")
      list(APPEND found ${files})
      list(FILTER found EXCLUDE REGEX "_absent\\.cc$")
    endif()
  endforeach()
  list(FILTER found EXCLUDE REGEX "(_test|_fuzz|/testing)\\.(cc|cu)$")
  set(${out} ${found} PARENT_SCOPE)
endfunction()

# Host and device round alike (src/pixel/pixel_rule.h): neither fuses a multiplication and an addition.
file(GLOB pixel_host CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/pixel/*.cc")
set_source_files_properties(${pixel_host} PROPERTIES COMPILE_OPTIONS "-ffp-contract=off")
file(GLOB pixel_device CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/pixel/*.cu")
set_source_files_properties(${pixel_device} PROPERTIES COMPILE_OPTIONS "-fmad=false")
