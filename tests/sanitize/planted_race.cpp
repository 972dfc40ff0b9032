// SPDX-License-Identifier: Apache-2.0
// Two threads that write the same thing without order, as the first argument names it.
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t size = 100;
constexpr int rounds = 1'000;

struct Shared {
    int number = 0;
    std::string text;
    std::vector<unsigned char> bytes = std::vector<unsigned char>(size);
};

void write(std::string_view what, Shared& shared) {
    const std::string text(size, 'a');
    const std::vector<unsigned char> bytes(size);
    for (int round = 0; round < rounds; ++round) {
        if (what == "number") ++shared.number;
        if (what == "text") shared.text = text;
        if (what == "bytes") std::memcpy(shared.bytes.data(), bytes.data(), bytes.size());
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    Shared shared;
    std::thread other([&] { write(argv[1], shared); });
    write(argv[1], shared);
    other.join();
    return shared.number < 0 ? 1 : 0;
}
