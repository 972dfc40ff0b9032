#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The simulation as ./test sim runs it: scenarios, repeatability, planted faults, many histories.

usage: tests/sim/run.py [SIM]     SIM: the program, default build/release/salus-sim
SALUS_SIM_HISTORIES (default 10000) and SALUS_SIM_SEED (default 1) choose the histories.
"""
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SIM = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build/release/salus-sim")
HISTORIES = int(os.environ.get("SALUS_SIM_HISTORIES", "10000"))
SEED = int(os.environ.get("SALUS_SIM_SEED", "1"))
REPEATED = 40        # histories that are run twice
CAUGHT_WITHIN = 300  # histories in which a planted fault must be found


def commit():
    said = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return said.stdout.strip() or "unknown"


COMMIT = ["--commit", commit()]


def sim(*arguments):
    return subprocess.Popen([SIM, *COMMIT, *map(str, arguments)], stdout=subprocess.PIPE, text=True)


def must_pass(process):
    said, _ = process.communicate()
    print(said, end="", flush=True)
    if process.returncode != 0:
        sys.exit(f"sim: failed: {' '.join(process.args)}")
    return said


def scenarios():
    scripts = sorted((HERE / "scenarios").glob("*.txt"))
    said = must_pass(sim("--scenario", *scripts))
    assert len(said.splitlines()) == len(scripts) > 0


def repeatable():
    """The same seeds in two processes, whose addresses differ, give the same steps byte for byte."""
    runs = [sim("--seed", SEED, "--histories", REPEATED) for _ in range(2)]
    first, second = (must_pass(run) for run in runs)
    if first != second or "trace" not in first:
        sys.exit("sim: two runs of the same seeds differ")
    other = must_pass(sim("--seed", SEED + REPEATED, "--histories", REPEATED))
    if other.split("trace")[1] == first.split("trace")[1]:
        sys.exit("sim: other seeds give the same trace; the test could not fail")


def mutations():
    """Each planted fault must be found: the test of the checkers."""
    listed = subprocess.run([SIM, "--mutations"], capture_output=True, text=True, check=True)
    names = [line.split() for line in listed.stdout.splitlines()]
    assert len(names) >= 4
    for name, world in names:
        must_pass(sim("--mutate", name, "--world", world, "--seed", SEED, "--histories",
                      CAUGHT_WITHIN, "--expect-violation"))


def histories():
    started = time.monotonic()
    processes = max(os.cpu_count() or 1, 1)
    each = -(-HISTORIES // processes)
    runs = [sim("--seed", SEED + i * each, "--histories", each) for i in range(processes)]
    done = sum(int(re.match(r"(\d+) histories", must_pass(run)).group(1)) for run in runs)
    print(f"{done} histories in {time.monotonic() - started:.0f} s without a violation")
    if done < HISTORIES:
        sys.exit(f"sim: only {done} of {HISTORIES} histories")


scenarios()
repeatable()
mutations()
histories()
