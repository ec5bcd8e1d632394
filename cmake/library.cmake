# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
# The shared library that others link, its headers, and what find_package(glimt) and pkg-config read.
include(CMakePackageConfigHelpers)

add_library(glimt SHARED $<TARGET_OBJECTS:glimt_objects>)
add_library(glimt::glimt ALIAS glimt)
set_target_properties(glimt PROPERTIES LINKER_LANGUAGE CXX VERSION ${PROJECT_VERSION} SOVERSION 0)
target_compile_features(glimt INTERFACE cxx_std_20)
target_include_directories(glimt INTERFACE
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_link_libraries(glimt PRIVATE $<BUILD_INTERFACE:glimt_dependencies>)
target_link_options(glimt PRIVATE "LINKER:--exclude-libs,ALL")
if(NOT GLIMT_SANITIZE)
  target_link_options(glimt PRIVATE "LINKER:--no-undefined")
endif()

install(TARGETS glimt EXPORT glimt-targets
  RUNTIME COMPONENT runtime LIBRARY COMPONENT runtime NAMELINK_COMPONENT development)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/glimt" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  COMPONENT development FILES_MATCHING PATTERN "*.h")

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/glimt")
install(EXPORT glimt-targets NAMESPACE glimt:: DESTINATION "${package_dir}" COMPONENT development)
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/glimt-config.cmake.in"
  "${PROJECT_BINARY_DIR}/glimt-config.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/glimt-config-version.cmake" COMPATIBILITY SameMinorVersion)
# From the folder of glimt.pc to the prefix: the installed tree can be moved.
file(RELATIVE_PATH pc_to_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file("${PROJECT_SOURCE_DIR}/cmake/glimt.pc.in" "${PROJECT_BINARY_DIR}/glimt.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/glimt-config.cmake" "${PROJECT_BINARY_DIR}/glimt-config-version.cmake"
  DESTINATION "${package_dir}" COMPONENT development)
install(FILES "${PROJECT_BINARY_DIR}/glimt.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)
