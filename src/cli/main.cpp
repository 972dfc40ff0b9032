// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

int main(int count, char** words) {
    return cli::run_command(count, words);
}
