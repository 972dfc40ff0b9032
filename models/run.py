#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the symbolic models and holds what the tools say against verdicts.json.

usage: models/run.py [--only WORD] [--record]
  --only WORD  the runs whose model, tool or arguments hold this word
  --record     write what the tools say into verdicts.json, where it is what the run expects

Tools are looked for under the names scyther, scyther-comp and verifpal, or as SCYTHER,
SCYTHER_COMP and VERIFPAL say; runs of a tool that is not there are named and left out. Exit 0 only
if each run that was made says what is recorded (or, with --record, what it expects).
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import models


def find_tool(name):
    return shutil.which(os.environ.get(name.upper().replace("-", "_"), name))


def run_scyther(program, arguments, text):
    """Its exit status says nothing, so only its lines are read."""
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "model.spdl"
        model.write_text(text)
        done = subprocess.run([program, "--plain", *arguments, str(model)], capture_output=True,
                              text=True)
    claims = {}
    for line in (done.stdout + done.stderr).splitlines():
        words = line.split("\t")
        if words[0] != "claim":
            continue
        protocol, role = words[1].split(",")
        kind, label = words[2].rsplit("_", 1)
        verdict = words[4]
        if "proof of correctness" in line:
            verdict = "proof"
        elif "no attack within bounds" in line:
            verdict = "no attack"
        elif verdict == "Fail":
            verdict = "attack"
        elif verdict == "Ok":
            verdict = "reachable" if kind == "Reachable" else "Ok"
        claims[f"{protocol},{label} {kind}"] = verdict
    return claims


def run_verifpal(program, arguments, text):
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "model.vp"
        model.write_text(text)
        done = subprocess.run([program, "verify", str(model), *arguments, "--color", "never",
                               "--result-code"], capture_output=True, text=True)
    lines = done.stdout.strip().splitlines()
    return {"code": lines[-1] if lines else "none"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--record", action="store_true")
    asked = parser.parse_args()
    texts = models.texts()
    runs = models.verdicts()
    missing, wrong, made = set(), 0, 0
    for run in runs:
        if asked.only not in " ".join([run["tool"], *run["arguments"], run["model"]]):
            continue
        program = find_tool(run["tool"])
        if program is None:
            missing.add(run["tool"])
            continue
        text = texts[run["model"]]
        started = time.monotonic()
        runner = run_verifpal if run["tool"] == "verifpal" else run_scyther
        claims = runner(program, run["arguments"], text)
        took = time.monotonic() - started
        made += 1
        if asked.record:
            good = models.as_expected(run, claims)
            if good:
                models.record(run, sha256=models.sha256(text), claims=claims)
        else:
            good = claims == run.get("claims")
        wrong += not good
        print(f"{'holds' if good else 'FAILS'}: {run['tool']} {' '.join(run['arguments'])} "
              f"{run['model']} ({took:.1f} s)", flush=True)
        if not good:
            print(f"  found {json.dumps(claims)}", flush=True)
    for tool in sorted(missing):
        print(f"not run: {tool} is not installed")
    print(f"{made - wrong} runs as they should be, {wrong} not")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
