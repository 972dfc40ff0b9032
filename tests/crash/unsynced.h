// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <string>

// A disk that keeps only what was synced, for processes that are killed.
//
// While a process runs under the preload library (unsynced_preload.cpp), each fsync of a file
// copies its content into a shadow, and each fsync of a folder copies the folder's list of names.
// What the shadow holds after kill -9 is what a power cut would leave at worst: names and bytes
// that nobody synced are gone, names that were removed without a sync are back. A real disk may
// also keep any part of what was not synced: `unsynced tear`. `unsynced` (unsynced_tool.cpp) seeds
// a shadow from a folder at rest, and makes a folder from a shadow.
//
// Layout: SHADOW/files/<identity> holds bytes; SHADOW/folders/<identity> holds one line a name:
// "f <identity> <name>" or "d <identity> <name>". SHADOW/root holds the identity of the root.
namespace unsynced {

/// Inode and birth time: an inode number alone is used again after an unlink.
std::string identity_of(const std::filesystem::path& path);
std::string identity_of(int descriptor);

/// Copies what `descriptor` holds now into the shadow.
bool copy_file(int descriptor, const std::filesystem::path& shadow);
/// Copies the names in `folder` into the shadow.
bool copy_folder(const std::filesystem::path& folder, const std::filesystem::path& shadow);

}  // namespace unsynced
