#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds a PDA to its word: what a device was told to be Kept survives kill -9 of the PDA, and stands
in the series of the node once, though the device that sent it never comes back.

usage: kept.py [--rounds 4] [--seed N]

Each round: the node is away, so that the PDA writes batches to disk and says so; then PDA and devices are
killed at a random moment, and PDA and node come back without the devices. At last the PDA's disk is
thrown away instead, which must be noticed, or the rounds would show nothing.
"""
import argparse
import pathlib
import random
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from salus_run import Finding, SalusRun, wait_until  # noqa: E402

KEPT_A_ROUND = 20  # at least, so that the kill meets a PDA that has something
ARRIVAL_SECONDS = 60
NOTICE_SECONDS = 15


def told(run, word):
    """The batches of which a device was told `word`: kept or acknowledged."""
    if not run.trace.exists():
        return set()
    lines = (line.split() for line in run.trace.read_text(errors="replace").splitlines())
    return {(words[1], int(words[2])) for words in lines if len(words) == 3 and words[0] == word}


def kill_while_keeping(run, chance):
    """Answers what is promised by the PDA alone: kept, and not acknowledged by the gateway."""
    run.kill("node")
    before = len(told(run, "kept"))
    wait_until(lambda: len(told(run, "kept")) >= before + KEPT_A_ROUND, "batches to be kept")
    time.sleep(chance.uniform(0.0, 1.0))
    run.kill("pda", "devices")
    return told(run, "kept") - told(run, "acknowledged")


def missing(run, promised):
    """Of a node that runs: a look that met its databases in the middle of something is made again."""
    try:
        return promised - set(run.on_disk()[2])
    except Finding:
        return promised


def check_arrival(run, promised, seconds):
    """Waits until all of it is in the series. Then it is there once, as check_disk finds."""
    wait_until(lambda: not missing(run, promised),
               f"{len(promised)} batches that the PDA kept, e.g. {min(promised)}", seconds)


def play(run, rounds, chance):
    run.start_all()
    wait_until(lambda: told(run, "acknowledged"), "readings to arrive")
    arrived = 0
    for _ in range(rounds):
        promised = kill_while_keeping(run, chance)
        run.start("pda")
        run.start("node")
        check_arrival(run, promised, ARRIVAL_SECONDS)
        run.kill("node", "pda")
        run.check_disk(run.promises())
        arrived += len(promised)
        run.start("pda")
        run.start("node")
        run.start("devices")
    print(f"  {rounds} kills: {arrived} batches that only a PDA had arrived once", flush=True)
    promised = kill_while_keeping(run, chance)
    shutil.rmtree(run.data / "pda" / "store")
    run.start("pda")
    run.start("node")
    try:
        check_arrival(run, promised, NOTICE_SECONDS)
    except Finding as finding:
        print(f"  without the PDA's disk: noticed ({finding})", flush=True)
        return
    raise Finding("the PDA's disk was thrown away, and nothing was missed")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=4)
    arguments.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = arguments.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="salus-kept-"))
    run = SalusRun(work, patients=1, speed=15, duration=6_000)
    print(f"seed {options.seed}", flush=True)
    try:
        play(run, options.rounds, random.Random(options.seed))
    except Finding as finding:
        print(f"  FOUND: {finding}; what is left is in {work}", flush=True)
        return 1
    finally:
        run.kill(*run.processes)
    run.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
