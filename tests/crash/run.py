#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills real processes of a real run at random moments, and asks each time whether anything that was
acknowledged is lost or doubled.

usage: run.py [--kills 200] [--cuts 50] [--seed N] [--only kills|cuts|torn|mutations|full|repair|keeping|kept]

kills      kill -9 of node, broker, PDAs and devices; the disk keeps what was written
cuts       kill -9 of all at once, over a disk that keeps only what was synced (unsynced.h)
torn       the same, but of what was not synced the disk keeps random parts, and zeros for others
mutations  the cuts with one kind of fsync taken out: the test must fail, or it could not fail
full       the disk is filled under the node (full_disk.py)
repair     files are damaged and mended from another copy (repair.py)
keeping    snapshots, pruning and a scheduled upgrade (keeping.py)
kept       PDAs are killed that told devices to have kept something (kept.py)
"""
import argparse
import concurrent.futures
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from salus_run import BUILD, ROOT, Finding, SalusRun  # noqa: E402

RUNS = 2  # at once: the tests wait for disks and processes more than for processors
# Each kind of file that is synced: a power cut must be noticed when its syncs are taken out.
SYNCED = {
    "the databases' logs": "file:*/rocksdb/*.log",
    "the databases' tables": "file:*/rocksdb/*.sst",
    "the databases' manifests": "file:*/rocksdb/MANIFEST-*",
    "the databases' CURRENT": "file:*/rocksdb/*.dbtmp",
    "the databases' folders": "folder:*/rocksdb",
    "the HEAD files": "file:*/HEAD",
    "vault objects": "file:*/data/vault/*",
    "the vault's folders": "folder:*/data/vault*",
}
# Not among them: what PDAs and devices write. A device has everything until the gateway acknowledges
# it, so that losing those files loses nothing that was acknowledged; nor does losing the numbers of
# transactions, since the ledger refuses one that comes twice.
CUTS_TO_NOTICE = 25
CUTS_TO_TEAR = 10  # of which at least one falls between a write and its sync


def kill_at_random(work, kills, seed):
    """One long run with `kills` kills; returns how many of each."""
    chance = random.Random(seed)
    run = SalusRun(work, patients=1, speed=15, duration=6_000)
    counts = {"node": 0, "broker": 0, "pda": 0, "devices": 0}
    try:
        run.start_all()
        for _ in range(kills):
            time.sleep(chance.uniform(0.02, 0.9))
            run.check_alive()
            victims = chance.choices(
                [["node"], ["broker"], ["pda"], ["devices"], ["node", "broker", "pda", "devices"]],
                weights=[45, 15, 20, 10, 10])[0]
            run.kill(*victims)
            for victim in victims:
                counts[victim] += 1
            if "node" in victims:
                run.check_disk(run.promises())
            for victim in ("broker", "node", "pda", "devices"):
                if victim in victims:
                    run.start(victim)
        before = len(run.promises()[2])
        time.sleep(2)
        if len(run.promises()[2]) <= before:
            raise Finding("after the last kill nothing is acknowledged any more")
        run.stop()
        blocks, transactions, batches = run.check_disk(run.promises())
        print(f"  seed {seed}: kills {counts}; {blocks} blocks, {transactions} transactions, "
              f"{batches} batches on disk", flush=True)
    finally:
        run.kill(*run.processes)
    run.remove()
    return sum(counts.values())


def cut_power(work, cuts, seed, ignore=None, torn=False):
    """A run over a disk that forgets what was not synced, or with `torn` some of it, cut off `cuts` times."""
    chance = random.Random(seed)
    work = pathlib.Path(work)
    shadow = work / "shadow"
    environment = {"LD_PRELOAD": str(BUILD / "libunsynced_preload.so"),
                   "UNSYNCED_ROOT": str(work / "data"), "UNSYNCED_SHADOW": str(shadow)}
    if ignore:
        environment["UNSYNCED_IGNORE"] = ignore
    if torn:
        environment["UNSYNCED_DELAY"] = "15000"
    run = SalusRun(work, patients=1, speed=30, duration=60_000, environment=environment)

    def unsynced(*words):
        subprocess.run([BUILD / "unsynced", *map(str, words)], check=True)

    try:
        for _ in range(cuts):
            unsynced("seed", run.data, shadow)
            run.start_all()
            time.sleep(chance.uniform(0.3, 2.0))
            run.check_alive()
            run.kill("devices", "pda", "node", "broker")
            promises = run.promises()
            if torn:
                unsynced("tear", chance.randrange(1 << 31), shadow, run.data)
            else:
                unsynced("make", shadow, run.data)
            run.check_disk(promises)
        if torn:
            run.start_all()  # what the last cut left opens for writing too
            dropped = run.node_log.read_text(errors="replace").count('"log_tail_dropped"')
            print(f"  seed {seed}: {dropped} tails of databases dropped", flush=True)
            if dropped == 0 and cuts >= CUTS_TO_TEAR:
                raise Finding(f"{cuts} cuts tore nothing: the test shows nothing")
        return cuts
    finally:
        run.kill(*run.processes)
        shutil.rmtree(work, ignore_errors=True)


def notices(work, what, ignore, seed):
    try:
        cut_power(work, CUTS_TO_NOTICE, seed, ignore)
    except Finding as finding:
        words = " ".join(str(finding).split())
        print(f"  without syncs of {what}: noticed (...{words[-160:]})", flush=True)
        return True
    print(f"  without syncs of {what}: NOT noticed in {CUTS_TO_NOTICE} cuts", flush=True)
    return False


def run_beside(name, *words):
    subprocess.run([sys.executable, pathlib.Path(__file__).with_name(name), *words], check=True)
    return 1


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--kills", type=int, default=200)
    arguments.add_argument("--cuts", type=int, default=50)
    arguments.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    arguments.add_argument("--only", choices=["kills", "cuts", "torn", "mutations", "full", "repair",
                                             "keeping", "kept"])
    options = arguments.parse_args()
    if (BUILD / "build.ninja").exists():
        subprocess.run(["cmake", "--build", str(BUILD), "--target", "unsynced", "unsynced_preload"],
                       check=True, stdout=subprocess.DEVNULL)
    base = pathlib.Path(tempfile.mkdtemp(prefix="salus-crash-"))
    print(f"seed {options.seed}, in {base}", flush=True)
    started = time.monotonic()
    passed = failed = 0

    def gather(futures):
        nonlocal passed, failed
        total = 0
        for future in futures:
            try:
                total += future.result()
                passed += 1
            except (Finding, subprocess.CalledProcessError) as finding:
                failed += 1
                print(f"  FOUND: {finding}", flush=True)
        return total

    with concurrent.futures.ThreadPoolExecutor(RUNS) as pool:
        if options.only in (None, "kills"):
            jobs = [pool.submit(kill_at_random, base / f"kills{i}", options.kills // 4,
                                options.seed + i) for i in range(4)]
            print(f"{gather(jobs)} processes killed", flush=True)
        if options.only in (None, "cuts"):
            jobs = [pool.submit(cut_power, base / f"cuts{i}", options.cuts // 2,
                                options.seed + 100 + i) for i in range(2)]
            print(f"{gather(jobs)} power cuts", flush=True)
        if options.only in (None, "torn"):
            jobs = [pool.submit(cut_power, base / f"torn{i}", options.cuts // 4,
                                options.seed + 150 + i, torn=True) for i in range(2)]
            print(f"{gather(jobs)} power cuts that tore what was being written", flush=True)
        if options.only in (None, "mutations"):
            jobs = [pool.submit(notices, base / f"mutation{i}", what, ignore, options.seed + 200 + i)
                    for i, (what, ignore) in enumerate(SYNCED.items())]
            noticed = gather(jobs)
            if noticed != len(SYNCED):
                failed += 1
            print(f"{noticed} of {len(SYNCED)} missing syncs noticed", flush=True)
        if options.only in (None, "full"):
            print(f"{gather([pool.submit(run_beside, 'full_disk.py')])} disk filled", flush=True)
        if options.only in (None, "repair"):
            job = pool.submit(run_beside, "repair.py", "--seed", str(options.seed))
            print(f"{gather([job])} data folder damaged and mended", flush=True)
        if options.only in (None, "keeping"):
            print(f"{gather([pool.submit(run_beside, 'keeping.py')])} chain kept short", flush=True)
        if options.only in (None, "kept"):
            job = pool.submit(run_beside, "kept.py", "--seed", str(options.seed))
            print(f"{gather([job])} PDA held to its word", flush=True)
    print(f"{time.monotonic() - started:.0f} s")
    print(f"{passed} passed, {failed} failed")
    if failed:
        print(f"what is left of the runs is in {base}")
        return 1
    shutil.rmtree(base, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
