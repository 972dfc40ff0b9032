#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that neither the compiler nor CMake's link graph can hold.

usage: tools/check.py            checks; exit 1 and a line a finding where something is wrong
       tools/check.py --self-test  plants each kind of fault in a copy and demands that it is found
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

LINES_MAX = 600
COLUMNS_MAX = 100
# Third-party headers belong to the one folder that wraps the library.
WRAPPED = {
    "openssl/": {"crypto"},
    "argon2.h": {"crypto"},
    "rocksdb/": {"storage"},
    "mosquitto.h": {"mqtt"},
    "coap3/": {"coap"},
    "qrencode.h": {"cli"},
    "zstd.h": {"vault"},
    "google/protobuf": {"wire", "state"},
    "salus/v1/": {"wire", "state"},
    "boost/beast": {"api"},
    "boost/asio": {"api"},
    "CLI/": {"cli"},
    "prometheus/": {"api"},
}
# What decides state knows no clock, chance, thread, fraction, locale or unordered order.
DETERMINISTIC = ("contracts", "state", "ledger")
BANNED = {
    r"\b(system|steady|high_resolution)_clock\b": "a clock",
    r"\bstd::(random_device|mt19937|rand)\b|\bSystemRandom\b": "randomness",
    r"\bstd::(thread|jthread|async)\b": "a thread",
    r"\b(float|double)\b": "floating point",
    r"\bstd::unordered_\w+": "unordered containers",
    r"\bstd::(locale|tolower|toupper)\b|\bsetlocale\b": "the locale",
}
# A line may carry `// deterministic: reason` where the ban does not bear on state.
ALLOWED = "// deterministic:"


def module_dependencies(root):
    """folder -> set of folders it names in DEPS, read from its CMakeLists.txt."""
    dependencies = {}
    for file in sorted((root / "src").glob("*/CMakeLists.txt")):
        text = file.read_text()
        call = re.search(r"salus_module\((\w+)([^)]*)\)", text)
        if not call:
            continue
        words = re.split(r"\s+", call.group(2).strip())
        named, tests, section = set(), set(), None
        for word in words:
            if word in ("DEPS", "LIBS", "TEST_DEPS"):
                section = word
            elif section == "DEPS":
                named.add(word)
            elif section == "TEST_DEPS":
                tests.add(word)
        dependencies[call.group(1)] = (named, tests)
    return dependencies


def without_comments(line):
    return re.sub(r"//.*$", "", line)


def check_includes(path, folder, text, dependencies, findings):
    own, tests = dependencies[folder]
    for_tests = path.name.endswith("_test.cpp") or path.parent.name == "testing"
    allowed = own | {folder} | (tests if for_tests else set())
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not match:
            continue
        name = match.group(2)
        where = f"{path}:{number}"
        if ".." in name:
            findings.append(f"{where}: include {name} from the folder's root, without '..'")
        top = name.split("/")[0]
        if top in dependencies and "/" in name:
            if top not in allowed:
                findings.append(f"{where}: {folder} does not name {top} in DEPS")
            if top != folder and "/internal/" in name:
                findings.append(f"{where}: {name} is private to {top}")
        elif match.group(1) == '"' and "/" not in name and not name.endswith(".inc"):
            findings.append(f'{where}: write "{folder}/{name}", so that the folder can be seen')
        for prefix, homes in WRAPPED.items():
            if name.startswith(prefix) and folder not in homes:
                findings.append(f"{where}: {prefix} is wrapped by {', '.join(sorted(homes))} alone")


def check_source(path, folder, text, findings):
    lines = text.splitlines()
    if not lines or "SPDX-License-Identifier" not in "\n".join(lines[:2]):
        findings.append(f"{path}:1: begin with the SPDX line")
    if len(lines) > LINES_MAX:
        findings.append(f"{path}: {len(lines)} lines; the cap is {LINES_MAX}")
    if path.suffix == ".h" and "#pragma once" not in text:
        findings.append(f"{path}: a header needs #pragma once")
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}"
        if len(line) > COLUMNS_MAX and "http" not in line and path.suffix != ".inc":
            findings.append(f"{where}: {len(line)} columns; the cap is {COLUMNS_MAX}")
        if re.search(r"\b(TODO|FIXME|XXX)\b", line):
            findings.append(f"{where}: no TODO; do it or leave it out")
        if re.search(r"catch\s*\([^)]*\)\s*\{\s*\}", line):
            findings.append(f"{where}: a swallowed error")
        if path.suffix == ".h" and re.match(r"\s*using namespace", line):
            findings.append(f"{where}: no using namespace in a header")
        deterministic = folder in DETERMINISTIC and not path.name.endswith("_test.cpp")
        if deterministic and ALLOWED not in line:
            for pattern, what in BANNED.items():
                if re.search(pattern, without_comments(line)):
                    findings.append(f"{where}: {what} in what decides state")


def check_words(root, findings):
    """The repository speaks of Salus alone."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root,
                            capture_output=True, text=True, check=True).stdout.split("\n")
    host = re.compile(r"registry\.npmjs|proxy\.golang|files\.pythonhosted|/(home|work)/[a-z]+/")
    for name in filter(None, listed):
        path = root / name
        if path.suffix in (".png", ".bin", ".gz", ".br") or not path.is_file():
            continue
        if name == "tools/check.py":
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if host.search(line):
                findings.append(f"{name}:{number}: a path or host of some machine")


def run_checks(root):
    findings = []
    dependencies = module_dependencies(root)
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".h", ".cpp"):
            continue
        folder = path.relative_to(root / "src").parts[0]
        if folder not in dependencies:
            findings.append(f"{path}: src/{folder} has no salus_module in its CMakeLists.txt")
            continue
        text = path.read_text()
        check_includes(path, folder, text, dependencies, findings)
        check_source(path, folder, text, findings)
    for folder in dependencies:
        if not (root / "src" / folder / "README.md").exists():
            findings.append(f"src/{folder}: a folder needs a README.md")
    check_words(root, findings)
    return findings


def self_test(root):
    """Each rule must be able to fail: plant its fault and demand the finding."""
    faults = {
        "does not name ledger in DEPS": ("monitor", '#include "ledger/application.h"'),
        "without '..'": ("monitor", '#include "../series/series_store.h"'),
        "is private to storage": ("series", '#include "storage/internal/x.h"'),
        "wrapped by storage": ("ledger", "#include <rocksdb/db.h>"),
        "a clock in what decides": ("ledger", "auto t = std::chrono::system_clock::now();"),
        "floating point": ("contracts", "double share = 0.5;"),
        "unordered containers": ("state", "std::unordered_map<int, int> m;"),
        "no TODO": ("base", "// TODO later"),
        "a swallowed error": ("base", "try { f(); } catch (...) {}"),
        "columns": ("base", "// " + "x" * 120),
        "lines; the cap": ("base", "\n" * 700),
    }
    failed = 0
    for expected, (folder, line) in faults.items():
        with tempfile.TemporaryDirectory() as copy:
            target = pathlib.Path(copy) / "tree"
            shutil.copytree(root / "src", target / "src")
            subprocess.run(["git", "init", "-q", str(target)], check=True)
            planted = target / "src" / folder / "planted.cpp"
            planted.write_text("// SPDX-License-Identifier: Apache-2.0\n" + line + "\n")
            found = [f for f in run_checks(target) if "planted.cpp" in f and expected in f]
            if not found:
                failed += 1
                print(f"not found: a planted fault of the kind '{expected}'")
    print(f"check.py finds {len(faults) - failed} of {len(faults)} planted faults")
    return failed


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    if "--self-test" in sys.argv[1:]:
        return 1 if self_test(root) else 0
    findings = run_checks(root)
    for finding in findings:
        print(str(finding).replace(str(root) + "/", ""))
    print(f"check.py: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
