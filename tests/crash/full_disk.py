#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fills the disk under a running node: it must say so, lose nothing, and go on by itself once there
is room. The disk is a small one of our own (tmpfs in a mount namespace).

usage: full_disk.py [--rounds 3]
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from salus_run import Finding, SalusRun, free_port, wait_until  # noqa: E402

DISK_MIB = 512
INSIDE = "SALUS_FULL_DISK_INSIDE"
CHUNK = 1 << 20


def room(folder):
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def fill(file, keep):
    """Takes all room of the file's disk but `keep` bytes."""
    with open(file, "ab") as ballast:
        while (free := room(file.parent) - keep) > 0:
            try:
                os.posix_fallocate(ballast.fileno(), ballast.tell(), max(free, 4096))
            except OSError:
                if free <= CHUNK:
                    return
                os.posix_fallocate(ballast.fileno(), ballast.tell(), free // 2)
            ballast.seek(0, os.SEEK_END)


def ready(port):
    """What /readyz says: (is it ready, its words)."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            return True, answer.read().decode()
    except urllib.error.HTTPError as error:
        return False, error.read().decode()


def fill_once(run, port, keep):
    node = run.processes["node"]
    ballast = run.data / "ballast"
    fill(ballast, keep)
    wait_until(lambda: not ready(port)[0], "the node to say that the disk is full")
    words = ready(port)[1]
    if "make room" not in words:
        raise Finding(f"the node is not ready, but does not say why: {words}")
    time.sleep(2)
    before = run.promises()
    time.sleep(3)
    run.check_alive()
    if run.promises()[2] != before[2] and keep < CHUNK:
        raise Finding("readings are acknowledged on a disk without room")
    ballast.unlink()
    wait_until(lambda: ready(port)[0], "the node to be ready again", 60)
    wait_until(lambda: len(run.promises()[2]) > len(before[2]), "readings to be stored again", 60)
    wait_until(lambda: len(run.promises()[0]) > len(before[0]), "blocks to be made again", 120)
    if run.processes["node"] is not node or node.poll() is not None:
        raise Finding("the node was not the same process any more")


def inside(work, rounds):
    data = work / "data"
    data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=0700", "none", data],
                   check=True)
    run = SalusRun(work, patients=2, speed=20, duration=60_000)
    port = free_port()
    try:
        run.start_broker()
        run.start_node("--port", port, headless=False)
        run.start_pda()
        run.start_devices()
        wait_until(lambda: len(run.promises()[0]) > 5, "the first blocks", 90)
        for number in range(rounds):
            # Now a little room is left, which only the node keeps to; now not a byte.
            keep = 16 * CHUNK if number % 2 == 0 else 0
            fill_once(run, port, keep)
            print(f"  filled up to {keep // CHUNK} MiB: refused, and went on by itself", flush=True)
        run.stop()
        blocks, transactions, batches = run.check_disk(run.promises())
        print(f"  {blocks} blocks, {transactions} transactions, {batches} batches on disk, "
              "verified", flush=True)
    finally:
        run.kill(*run.processes)
        subprocess.run(["umount", "--lazy", data], check=False)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    if os.environ.get(INSIDE):
        try:
            inside(pathlib.Path(os.environ[INSIDE]), options.rounds)
        except Finding as finding:
            print(f"  FOUND: {finding}", flush=True)
            return 1
        return 0
    namespace = ["unshare", "--mount", "--propagation", "private"]
    if os.geteuid() != 0:
        namespace += ["--map-root-user"]
    probe = subprocess.run([*namespace, "mount", "-t", "tmpfs", "none", "/mnt"],
                           capture_output=True, text=True)
    if probe.returncode != 0:
        print(f"  skipped: this machine lets us mount no small disk ({probe.stderr.strip()})")
        return 0
    with tempfile.TemporaryDirectory(prefix="salus-full-", ignore_cleanup_errors=True) as work:
        return subprocess.run(
            [*namespace, sys.executable, __file__, "--rounds", str(options.rounds)],
            env={**os.environ, INSIDE: work}).returncode


if __name__ == "__main__":
    sys.exit(main())
