#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The attacks on a running broker, node, PDAs and fleet, and that the fleet's readings do not suffer.

usage: live.py [--build FOLDER]
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIVE = {"replay", "man_in_the_middle", "impersonation", "insider", "stolen_verifier",
        "desynchronisation", "flooding", "traceability", "key_compromise"}
passed, failed = [], []


def check(what, condition, found=""):
    (passed if condition else failed).append(what)
    print(f"  {'holds' if condition else 'FAILS'}: {what}{'' if condition else f' (found: {found})'}",
          flush=True)


def wait_for(ask, what, seconds):
    deadline = time.monotonic() + seconds
    while not ask():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.2)


def attacks_on(salus, data):
    done = subprocess.run([salus, "attack", "all", "--json", "--data", data, "--live"],
                          capture_output=True, text=True)
    check("every attack was resisted and every control succeeded", done.returncode == 0,
          done.stdout + done.stderr)
    rows = json.loads(done.stdout)["attacks"]
    check("there are twelve, six of them the paper's",
          len(rows) == 12 and sum(row["paper"] for row in rows) == 6, len(rows))
    for row in rows:
        check(f"{row['name']}: resisted, and the control succeeds",
              row["resisted"] and row["control"] is True, row)
        if row["name"] in LIVE:
            check(f"{row['name']}: also made on what runs", "Live:" in row["detail"], row["detail"])
        if row["name"] == "flooding":
            measured = re.search(r"Its acknowledgements.*?bound \d+ ms", row["detail"])
            check("another PDA's acknowledgements were timed before and during the flood", measured,
                  row["detail"])
            print(f"  {measured[0] if measured else ''}", flush=True)
    kept = json.loads((data / "attacks.json").read_text())["attacks"]
    check("the run is kept for the web app", kept == rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    salus = parser.parse_args().build / "salus"
    with tempfile.TemporaryDirectory(prefix="salus-attack-") as work:
        data, summary = pathlib.Path(work) / "data", pathlib.Path(work) / "summary.json"
        run = subprocess.Popen(
            [salus, "up", "--headless", "--auto-approve", "--until-done", "--data", data,
             "--patients", "2", "--duration", "600", "--speed", "2", "--report-seconds", "60",
             "--summary", summary],
            stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        try:
            wait_for(lambda: (data / "pids.json").is_file(), "the run", 60)
            attacks_on(salus, data)
            check("the run ends as it should, its chain verified", run.wait(600) == 0,
                  run.returncode)
        finally:
            if run.poll() is None:
                run.terminate()
                run.wait(30)
        told = json.loads(summary.read_text())
        check("every reading that was sent arrived",
              told["readings_sent"] > 0 and told["readings_accepted"] == told["readings_sent"], told)
        check("what was refused has counted reasons", sum(told["readings_rejected"].values()) > 0,
              told["readings_rejected"])
    print(f"{len(passed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
