#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is kept of a long chain, through the program: snapshots, pruning, and an upgrade that is scheduled.

usage: keeping.py
"""
import json
import pathlib
import re
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from salus_run import Finding, SalusRun, wait_until  # noqa: E402

KEPT = 10  # blocks


def require(holds, what):
    if not holds:
        raise Finding(what)


def blocks_committed(run):
    heights = re.findall(r"committed block (\d+) ", run.node_log.read_text(errors="replace"))
    return int(heights[-1]) if heights else 0


def run_until(run, height, *options):
    """Readings flow, and reports are approved, until there is a block of that height."""
    run.start_broker()
    run.start_node(*options)
    run.start_pda()
    run.start_devices()
    wait_until(lambda: blocks_committed(run) >= height, f"block {height}", 300)


def refused(run, what, *words):
    answer = run.salus(*words, check=False)
    require(answer.returncode == 1 and answer.stderr, f"{what}: {answer.returncode} {answer.stderr}")


def snapshots(run):
    files = run.work / "snapshot"
    trust = run.work / "trust.json"
    shutil.copy(run.data / "trust.json", trust)
    taken = json.loads(run.salus("snapshot", "take", "--data", run.data, "--out", files, "--json").stdout)
    listed = json.loads(run.salus("snapshot", "list", "--data", run.data, "--json").stdout)
    require(taken == listed, f"{taken} was taken, {listed} is listed")
    refused(run, "a snapshot over another", "snapshot", "take", "--data", run.data, "--out", files)
    refused(run, "a restore over a chain", "snapshot", "restore", "--data", run.data, "--from", files,
            "--trust", trust)

    stranger = SalusRun(run.work / "stranger", patients=1)
    other = run.work / "other"
    restore = ("snapshot", "restore", "--data", other, "--from", files, "--trust")
    refused(run, "a stranger's anchor", *restore, stranger.data / "trust.json")
    for file in sorted(files.iterdir()):
        whole = file.read_bytes()
        altered = bytearray(whole)
        altered[len(altered) // 2] ^= 1
        file.write_bytes(altered)
        refused(run, f"an altered {file.name}", *restore, trust)
        file.unlink()
        refused(run, f"no {file.name}", *restore, trust)
        file.write_bytes(whole)
    run.salus(*restore, trust)
    again = json.loads(run.salus("snapshot", "take", "--data", other, "--out", run.work / "again",
                                 "--json").stdout)
    require(again == taken, f"a snapshot of the copy is {again}, not {taken}")

    # In the place of the node's own ledger it verifies with the rest of the folder.
    own = run.data / "db" / "ledger"
    own.rename(run.work / "own")
    run.salus("snapshot", "restore", "--data", run.data, "--from", files, "--trust", trust)
    report = verify(run)
    require(report["first_block"] == report["height"] == taken["height"], f"restored: {report}")
    shutil.rmtree(own)
    (run.work / "own").rename(own)
    print(f"  snapshot of block {taken['height']} in {taken['chunks']} chunks: restored twice", flush=True)
    return taken["height"]


def verify(run):
    return json.loads(run.salus("verify", "chain", run.data, "--json").stdout)


def grants(run):
    """The heights of the consents: those of the demo stand for as long as it runs."""
    lines = [line.split() for line in run.salus("inspect", "--data", run.data).stdout.splitlines()]
    return [int(words[1]) for words in lines if words[0] == "transaction" and words[2] == "grant_consent"]


def pruning(run, tip):
    """What is asked for goes while the node runs, but nothing that it reads: reports are approved on."""
    oldest = min(grants(run))
    require(1 < oldest < tip, f"the oldest consent is of block {oldest}: nothing to be shown")
    run_until(run, tip + 2 * KEPT, "--keep-blocks", KEPT)
    wait_until(lambda: "pruned: blocks are kept from" in run.node_log.read_text(), "the pruning", 60)
    run.stop()
    report = verify(run)
    require(report["first_block"] == oldest, f"after the pruning, with a consent of block {oldest}: {report}")
    print(f"  pruned: of {report['height']} blocks those from {oldest} on stand", flush=True)
    return report["height"]


def upgrade(run, tip):
    refused(run, "an upgrade in the past", "upgrade", "2", "--at", 1, "--data", run.data)
    told = run.salus("upgrade", "2", "--at", tip + 1000, "--data", run.data).stdout
    require("answers questions only" in told, f"who schedules rules that this program lacks is told: {told}")
    run_until(run, tip + 1)
    run.stop()
    scheduled = [line for line in run.salus("inspect", "--data", run.data).stdout.splitlines()
                 if " schedule_upgrade " in line]
    require(len(scheduled) == 1, f"scheduled: {scheduled}")
    verify(run)
    print("  an upgrade is scheduled", flush=True)


def main():
    with tempfile.TemporaryDirectory(prefix="salus-keeping-", ignore_cleanup_errors=True) as work:
        run = SalusRun(pathlib.Path(work) / "run", patients=1, speed=30, duration=60_000)
        try:
            run_until(run, 12)
            run.stop()
            tip = snapshots(run)
            tip = pruning(run, tip)
            upgrade(run, tip)
        except Finding as finding:
            print(f"  FOUND: {finding}", flush=True)
            return 1
        finally:
            run.kill(*run.processes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
