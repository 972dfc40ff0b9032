// SPDX-License-Identifier: Apache-2.0
#include "cli/claim_qr.h"

#include <fmt/format.h>
#include <qrencode.h>

#include <memory>

namespace cli {
namespace {

constexpr int quiet_modules = 4;  // as ISO/IEC 18004 asks for
constexpr std::string_view light_on_dark = "\x1b[40;97m";
constexpr std::string_view as_before = "\x1b[0m";

/// Beyond the code itself all is light.
bool is_light(const QRcode& code, int row, int column) {
    if (row < 0 || column < 0 || row >= code.width || column >= code.width) return true;
    constexpr unsigned dark = 1;
    return (code.data[row * code.width + column] & dark) == 0;
}

std::string_view glyph(bool upper_light, bool lower_light) {
    if (upper_light) return lower_light ? "█" : "▀";
    return lower_light ? "▄" : " ";
}

}  // namespace

base::Result<std::string> qr_code_of(const std::string& text) {
    if (text.size() > qr_characters_max) {
        return base::fail(
            base::ErrorCode::too_large,
            fmt::format("the receipt has {} characters as text, and a QR code holds {}; write it "
                        "to a file with --out",
                        text.size(), qr_characters_max));
    }
    const std::unique_ptr<QRinput, decltype(&QRinput_free)> input(QRinput_new2(0, QR_ECLEVEL_L),
                                                                  &QRinput_free);
    const bool taken =
        input && QRinput_append(input.get(), QR_MODE_AN, static_cast<int>(text.size()),
                                reinterpret_cast<const unsigned char*>(text.data())) == 0;
    const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
        taken ? QRcode_encodeInput(input.get()) : nullptr, &QRcode_free);
    if (!code) {
        return base::fail(base::ErrorCode::malformed,
                          "the text is not of a QR code's alphanumeric set");
    }
    std::string out;
    for (int row = -quiet_modules; row < code->width + quiet_modules; row += 2) {
        out += light_on_dark;
        for (int column = -quiet_modules; column < code->width + quiet_modules; ++column) {
            out += glyph(is_light(*code, row, column), is_light(*code, row + 1, column));
        }
        out += as_before;
        out += '\n';
    }
    return out;
}

}  // namespace cli
