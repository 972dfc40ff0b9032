#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Damages the data folder of a real run, and lets `salus repair` mend it from an untouched copy.

usage: repair.py [--rounds 6] [--seed N]
"""
import argparse
import json
import pathlib
import random
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from salus_run import Finding, SalusRun, wait_until  # noqa: E402


def damage(data, chance):
    """One flipped byte, a cut or a loss, in a file that verification reads; says which."""
    where = chance.choice(["db/ledger", "db/ledger", "db/readmodel", "vault"])
    files = [file for file in sorted((data / where).rglob("*"))
             if file.is_file() and file.stat().st_size > 0 and
             (where == "vault" or file.suffix in (".sst", ".log") or file.name == "HEAD")]
    file = chance.choice(files)
    content = bytearray(file.read_bytes())
    kind = chance.choice(["flipped", "cut", "lost"])
    if kind == "flipped":
        at = chance.randrange(len(content.rstrip(b"\0")) or 1)
        content[at] ^= 1 << chance.randrange(8)
        file.write_bytes(content)
    elif kind == "cut":
        file.write_bytes(content[:len(content) // 2])
    else:
        file.unlink()
    return f"{file.relative_to(data)} {kind}"


def repair_once(run, oracle, tip, chance):
    shutil.rmtree(run.data)
    shutil.copytree(oracle, run.data)
    what = damage(run.data, chance)
    before = run.salus("verify", "chain", run.data, check=False)
    if before.returncode == 0:
        # A log that lost what tables hold already is whole: nothing is missing.
        print(f"  {what}: nothing is missing", flush=True)
        return
    answer = run.salus("repair", run.data, "--from", oracle, "--json", check=False)
    if not answer.stdout:
        raise Finding(f"{what}: repair answered {answer.returncode}: {answer.stderr}")
    report = json.loads(answer.stdout)
    if not report["ok"]:
        raise Finding(f"{what}: it could not be mended: {report['refusal']}")
    after = run.salus("verify", "chain", run.data, "--json", check=False)
    if after.returncode != 0 or json.loads(after.stdout)["tip"] != tip:
        raise Finding(f"{what}: after the repair: {after.stdout}{after.stderr}")
    print(f"  {what}: mended, {report['blocks_kept']} blocks kept, "
          f"{len(report['blocks'])} fetched, {report['entries_rebuilt']} entries rebuilt, "
          f"{len(report['parts'])} other parts", flush=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=6)
    arguments.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = arguments.parse_args()
    chance = random.Random(options.seed)
    work = pathlib.Path(tempfile.mkdtemp(prefix="salus-repair-"))
    run = SalusRun(work, patients=1, speed=30, duration=60_000)
    try:
        run.start_all()
        wait_until(lambda: len(run.promises()[1]) >= 3, "three approved reports", 90)
        run.stop()
        oracle = work / "oracle"
        shutil.copytree(run.data, oracle)
        tip = json.loads(run.salus("verify", "chain", oracle, "--json").stdout)["tip"]
        for _ in range(options.rounds):
            repair_once(run, oracle, tip, chance)
        # And the node goes on with what was mended.
        promised = len(run.promises()[1])
        run.start_all()
        wait_until(lambda: len(run.promises()[1]) > promised, "another report", 90)
        run.stop()
        run.check_disk(run.promises())
    except Finding as finding:
        print(f"  FOUND (seed {options.seed}): {finding}", flush=True)
        return 1
    finally:
        run.kill(*run.processes)
        shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
