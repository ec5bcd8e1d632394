// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The structures of DLPack, as the standard lays them out (dmlc.github.io/dlpack, version 1.0).
#pragma once

#include <cstdint>

namespace glimt::dlpack {

struct Version {
  std::uint32_t major, minor;
};
inline constexpr Version kVersion{1, 0};

enum DeviceType : std::int32_t { kCpu = 1, kCuda = 2, kCudaHost = 3, kCudaManaged = 13 };
struct Device {
  std::int32_t type;
  std::int32_t id;
};

enum TypeCode : std::uint8_t { kInt = 0, kUint = 1, kFloat = 2, kBool = 6 };
struct DataType {
  std::uint8_t code;
  std::uint8_t bits;
  std::uint16_t lanes;
};

struct Tensor {
  void* data;
  Device device;
  std::int32_t ndim;
  DataType dtype;
  std::int64_t* shape;
  std::int64_t* strides;  ///< in elements; null: packed
  std::uint64_t byte_offset;
};

/// Inside a capsule named "dltensor"; "used_dltensor" once somebody has taken it.
struct ManagedTensor {
  Tensor tensor;
  void* manager_context;
  void (*deleter)(ManagedTensor* self);
};
inline constexpr char kCapsule[] = "dltensor";
inline constexpr char kUsedCapsule[] = "used_dltensor";

inline constexpr std::uint64_t kReadOnly = 1, kIsCopied = 2;

/// Inside a capsule named "dltensor_versioned"; "used_dltensor_versioned" once taken.
struct VersionedTensor {
  Version version;
  void* manager_context;
  void (*deleter)(VersionedTensor* self);
  std::uint64_t flags;
  Tensor tensor;
};
inline constexpr char kVersionedCapsule[] = "dltensor_versioned";
inline constexpr char kUsedVersionedCapsule[] = "used_dltensor_versioned";

}  // namespace glimt::dlpack
