#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The attacks on a running broker, node, PDAs and fleet, and that the fleet's readings do not suffer.

usage: live.py [--build FOLDER]
"""
import argparse
import http.cookiejar
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What says "Live:" how often in its detail: at the broker, at a user's login, or at both.
LIVE = {"replay": 1, "man_in_the_middle": 1, "impersonation": 2, "ephemeral_leak": 2, "insider": 1,
        "device_capture": 1, "stolen_verifier": 2, "offline_guessing": 1, "desynchronisation": 1,
        "flooding": 1, "traceability": 1, "key_compromise": 2}
PASSWORD = "salus-demo"
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


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Person:
    """Somebody signed in to the node with the demo's password."""

    def __init__(self, port, login):
        self.base = f"http://127.0.0.1:{port}/api/v1"
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.opener.open(urllib.request.Request(
            self.base + "/login", json.dumps({"login": login, "password": PASSWORD}).encode(),
            {"Content-Type": "application/json", "X-Salus": "1"}), timeout=60)

    def get(self, path):
        return json.load(self.opener.open(self.base + path, timeout=60))


def secret_file(path, text):
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def register(salus, port, work):
    """A client of a patient's, which signs in by key agreement. Returns the options that name it."""
    secret = secret_file(work / "u", "ridge pattern 0417\n")
    keys = work / "ana.keys"
    done = subprocess.run([salus, "user", "register", "--at", f"http://127.0.0.1:{port}", "--login",
                           "ana", "--secret", secret, "--keys", keys], capture_output=True, text=True)
    check("a user registers a client", done.returncode == 0, done.stderr)
    return ["--user-keys", keys, "--user-secret", secret]


def attacks_on(salus, data, user):
    done = subprocess.run([salus, "attack", "all", "--json", "--data", data, "--live", *user],
                          capture_output=True, text=True)
    check("every attack was resisted and every control succeeded", done.returncode == 0,
          done.stdout + done.stderr)
    rows = json.loads(done.stdout)["attacks"]
    check("there are twelve, six of them the paper's",
          len(rows) == 12 and sum(row["paper"] for row in rows) == 6, len(rows))
    for row in rows:
        check(f"{row['name']}: resisted, and the control succeeds",
              row["resisted"] and row["control"] is True, row)
        check(f"{row['name']}: also made on what runs",
              row["detail"].count("Live:") == LIVE[row["name"]], row["detail"])
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
        port = free_port()
        run = subprocess.Popen(
            [salus, "up", "--auto-approve", "--until-done", "--data", data, "--port", str(port),
             "--patients", "2", "--duration", "600", "--speed", "2", "--report-seconds", "60",
             "--summary", summary],
            stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        try:
            wait_for(lambda: (data / "pids.json").is_file(), "the run", 60)
            attacks_on(salus, data, register(salus, port, pathlib.Path(work)))
            counted = {one["reason"]: one["count"]
                       for one in Person(port, "admin").get("/admin/refusals")["items"]}
            check("the node counted guesses at a login that it did not look at",
                  counted.get("login E_THROTTLED", 0) >= 1 and counted.get("login E_AEAD2", 0) >= 11,
                  counted)
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
