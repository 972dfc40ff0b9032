#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Receipts of a committee whose miners come and go, through the program: each block's receipt holds against the
node's trust.json of now, and those of after a change are refused by the one of before, never believed.
usage: tests/path/miners.py [BUILD_FOLDER]"""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SALUS = (pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "release") / "salus"
MOSQUITTO = "/usr/sbin/mosquitto"


def salus(*words, expect=0):
    done = subprocess.run([SALUS, *map(str, words)], capture_output=True, text=True)
    if done.returncode != expect:
        sys.exit(f"miners: salus {' '.join(map(str, words))} answered {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Place:
    def __init__(self, work):
        self.data, self.log, self.port = work / "data", work / "node.log", free_port()
        self.receipts = work / "receipts"
        self.receipts.mkdir()
        salus("setup", "--data", self.data, "--patients", 1, "--broker-port", self.port, "--auto-approve", "--miner-nodes", 5)
        with open(work / "broker.log", "w") as log:
            self.broker = subprocess.Popen([MOSQUITTO, "-c", self.data / "broker" / "mosquitto.conf"], stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if time.monotonic() > deadline:
                sys.exit("miners: the broker does not listen")
            time.sleep(0.05)

    def run_node(self):
        """Until it serves: what was left for it is in a block by then."""
        ready, tell = os.pipe()
        with open(self.log, "a") as log:
            node = subprocess.Popen(
                [SALUS, "node", "--data", self.data, "--broker-port", str(self.port), "--headless", "--auto-approve",
                 "--ready-fd", str(tell)], stdout=log, stderr=log, pass_fds=(tell,))
        os.close(tell)
        served = os.read(ready, 1) != b""
        os.close(ready)
        node.terminate()
        if node.wait(60) != 0 or not served:
            sys.exit(f"miners: the node does not run: {self.log.read_text().splitlines()[-3:]}")

    def change(self, *words):
        salus("miner", *words, "--data", self.data)
        self.run_node()

    def height(self):
        return json.loads(salus("verify", "chain", self.data, "--json"))["height"]

    def receipt(self, height):
        """Nobody whom no consent lets see anything: of ids that nobody has."""
        file = self.receipts / f"{height}.json"
        salus("claim", "no-consent", "--data", self.data, "--patient", "0" * 31 + "1", "--reader", "0" * 31 + "2",
              "--height", height, "--out", file)
        return file


def main():
    with tempfile.TemporaryDirectory() as folder:
        place = Place(pathlib.Path(folder))
        try:
            place.run_node()
            before = pathlib.Path(folder) / "trust-before.json"
            shutil.copy(place.data / "trust.json", before)
            first = place.height()
            place.change("leave", 5)
            place.change("suspend", 4)
            place.change("join")
            place.change("join")
            last = place.height()
            if last < first + 4:
                sys.exit(f"miners: {last - first} blocks for four changes")
            for height in range(1, last + 1):
                salus("verify", "receipt", place.receipt(height), "--trust", place.data / "trust.json")
            for height in range(1, first + 2):  # the block of the change is still approved by those before it
                salus("verify", "receipt", place.receipts / f"{height}.json", "--trust", before)
            # Three of the three that were left had approved, where the older anchor knows of five.
            said = salus("verify", "receipt", place.receipts / f"{first + 3}.json", "--trust", before, expect=1)
            if "anchor of today" not in said:
                sys.exit(f"miners: the refusal does not say what to do: {said}")
        finally:
            place.broker.terminate()
            place.broker.wait()
    print(f"miners: the receipts of {last} blocks hold, through four changes of who mines")


if __name__ == "__main__":
    main()
