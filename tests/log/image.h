// All files of a directory in memory: to damage them, look what became of them, and put them back.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

namespace daybook {

using Image = std::map<std::string, std::string>;  // path below the directory -> bytes

inline Image TakeImage(const std::string& directory) {
  Image image;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    image[std::filesystem::relative(entry.path(), directory)] = {std::istreambuf_iterator<char>(in),
                                                                 std::istreambuf_iterator<char>()};
  }
  return image;
}

inline void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

inline void PutImage(const Image& image, const std::string& directory) {
  std::filesystem::remove_all(directory);
  for (const auto& [name, bytes] : image) {
    const std::string path = directory + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    WriteFile(path, bytes);
  }
}

}  // namespace daybook
