// SPDX-License-Identifier: Apache-2.0
#include "pda/pda_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/files.h"

namespace pda {
namespace {

using base::ErrorCode;
using testing::HasSubstr;

struct PdaConfigFile : testing::Test {
    PdaConfigFile() {
        file = std::filesystem::temp_directory_path() /
               ("salus-pda-config-" + std::to_string(::getpid()) + ".json");
        PdaMember member;
        member.id.bytes[0] = 7;
        member.credentials = "7.credentials";
        member.password = "secret-password";
        config = {.tenant = "clinic", .pdas = {member}};
        EXPECT_TRUE(write_pda_config(file, config));
    }
    ~PdaConfigFile() override { std::filesystem::remove(file); }

    base::Result<PdaConfig> read_with(std::string_view from, std::string_view to) {
        EXPECT_TRUE(write_pda_config(file, config));
        auto bytes = storage::read_file(file, 1 << 20);
        std::string text(base::as_text(*bytes));
        const std::size_t at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        text.replace(at, from.size(), to);
        EXPECT_TRUE(storage::write_file_synced(file, base::as_bytes(text)));
        return read_pda_config(file);
    }
    std::filesystem::path file;
    PdaConfig config;
};

TEST_F(PdaConfigFile, ReadsWhatItWrote) {
    const auto read = read_pda_config(file);
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(*read, config);
}

TEST_F(PdaConfigFile, IsForItsOwnerAlone) {
    ASSERT_EQ(::chmod(file.c_str(), 0604), 0);
    EXPECT_EQ(read_pda_config(file).error().code, ErrorCode::not_authorised);
}

TEST_F(PdaConfigFile, NamesTheFieldThatIsWrongAndNoSecret) {
    const std::tuple<const char*, const char*, ErrorCode, const char*> cases[] = {
        {"\"id\":\"07", "\"id\":\"0", ErrorCode::malformed, "PDA 0: \"id\""},
        {"\"credentials\":", "\"credential\":", ErrorCode::malformed, "PDA 0: \"credentials\""},
        {"\"password\":\"secret-password\"", "\"password\":7", ErrorCode::malformed,
         "PDA 0: \"password\""},
        {"\"tenant\":\"clinic\"", "\"tenant\":[]", ErrorCode::malformed, "\"tenant\""},
        {"\"pdas\":[", "\"pda\":[", ErrorCode::malformed, "\"pdas\" is missing"},
        {"\"format\":1", "\"format\":2", ErrorCode::unsupported_version, "format"},
        {"{", "", ErrorCode::malformed, "not JSON"},
    };
    for (const auto& [from, to, code, problem] : cases) {
        const auto read = read_with(from, to);
        ASSERT_FALSE(read) << to;
        EXPECT_EQ(read.error().code, code) << to;
        EXPECT_THAT(read.error().detail, HasSubstr(problem));
        EXPECT_THAT(read.error().detail, testing::Not(HasSubstr("secret-password")));
    }
}

}  // namespace
}  // namespace pda
