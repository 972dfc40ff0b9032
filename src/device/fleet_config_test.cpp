// SPDX-License-Identifier: Apache-2.0
#include "device/fleet_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "storage/files.h"

namespace device {
namespace {

using base::ErrorCode;
using testing::HasSubstr;

struct FleetConfigFile : testing::Test {
    FleetConfigFile() {
        file = std::filesystem::temp_directory_path() /
               ("salus-fleet-config-" + std::to_string(::getpid()) + ".json");
        config.seed = UINT64_MAX;
        FleetDevice device;
        device.id.bytes[0] = 7;
        device.credentials = "7.credentials";
        device.password = "secret-password";
        device.patient = 3;
        device.source = "monitor";
        device.recording = "/data/x y_Numerics.csv";
        config.devices = {device};
    }
    ~FleetConfigFile() override { std::filesystem::remove(file); }

    base::Result<FleetConfig> read_with(std::string_view from, std::string_view to) {
        EXPECT_TRUE(write_fleet_config(file, config));
        auto bytes = storage::read_file(file, 1 << 20);
        std::string text(base::as_text(*bytes));
        const std::size_t at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        text.replace(at, from.size(), to);
        EXPECT_TRUE(storage::write_file_synced(file, base::as_bytes(text)));
        return read_fleet_config(file);
    }
    std::filesystem::path file;
    FleetConfig config;
};

TEST_F(FleetConfigFile, ReadsWhatItWrote) {
    ASSERT_TRUE(write_fleet_config(file, config));
    const auto read = read_fleet_config(file);
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(*read, config);
}

TEST_F(FleetConfigFile, IsForItsOwnerAlone) {
    ASSERT_TRUE(write_fleet_config(file, config));
    struct stat info{};
    ASSERT_EQ(::stat(file.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    ASSERT_EQ(::chmod(file.c_str(), 0640), 0);
    const auto read = read_fleet_config(file);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::not_authorised);
}

TEST_F(FleetConfigFile, NamesTheFieldThatIsWrongAndNoSecret) {
    const std::pair<const char*, const char*> cases[] = {
        {"\"credentials\":\"7.credentials\"", "\"credentials\":[]"},
        {"\"source\":\"monitor\"", "\"sauce\":\"monitor\""},
        {"\"id\":\"07", "\"id\":\"0"},
        {"\"patient\":3", "\"patient\":-3"},
        {"\"password\":\"secret-password\"", "\"password\":5"},
    };
    for (const auto& [from, to] : cases) {
        const auto read = read_with(from, to);
        ASSERT_FALSE(read) << to;
        EXPECT_EQ(read.error().code, ErrorCode::malformed) << to;
        EXPECT_THAT(read.error().detail, HasSubstr("device 0: \"")) << to;
        EXPECT_THAT(read.error().detail, testing::Not(HasSubstr("secret-password"))) << to;
    }
    const auto old_format = read_with("\"format\":2", "\"format\":1");
    ASSERT_FALSE(old_format);
    EXPECT_EQ(old_format.error().code, ErrorCode::unsupported_version);
    EXPECT_FALSE(read_with("\"devices\":[", "\"device\":["));
    EXPECT_FALSE(read_with("{", ""));
}

TEST_F(FleetConfigFile, IsMissed) {
    const auto read = read_fleet_config(file);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace device
