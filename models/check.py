#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the models against their recorded verdicts, and docs/security.md against both.

usage: models/check.py              checks; exit 1 and a line a finding where something is wrong
       models/check.py --self-test  plants each kind of fault and demands that it is found
       models/check.py --schedule   records that the models were held against the key schedule as
                                    it is now; for a person who did that

A model that changed without a new run (models/run.py --record) fails here, and so does a statement
of docs/security.md that points to no claim or test, or to one that does not exist. A run that is
listed and not made yet is named, and no statement may point to it.
"""
import copy
import pathlib
import re
import subprocess
import sys

import models

ROOT = pathlib.Path(__file__).resolve().parents[1]
SECURITY = ROOT / "docs" / "security.md"
# In docs/security.md a reference is `model: NAME.spdl ARGUMENTS`, `model: NAME.vp SESSIONS`,
# `test: Suite.Name`, `attack: NAME` or `file: PATH`.
REFERENCE = re.compile(r"`(model|test|attack|file): ([^`]+)`")


def check_verdicts(texts, runs):
    findings = []
    for run in runs:
        name = f"{run['tool']} {' '.join(run['arguments'])} {run['model']}"
        text = texts.get(run["model"])
        if text is None:
            findings.append(f"{name}: there is no such model")
        elif not models.is_made(run):
            continue
        elif run["sha256"] != models.sha256(text):
            findings.append(f"{name}: the model changed; run models/run.py --record")
        elif not models.as_expected(run, run["claims"]):
            findings.append(f"{name}: the recorded verdict is not the expected one")
    for unused in sorted(set(texts) - {run["model"] for run in runs}):
        findings.append(f"{unused}: no run is recorded")
    return findings


def check_schedule(document, sources, recorded):
    if models.sha256(models.schedule_text(document, sources)) == recorded:
        return []
    return ["the key schedule or the messages changed (docs/protocol.md 2.3 and 2.4, or "
            "src/keyagreement's handshake): change the models, run them, then --schedule"]


def test_names(root):
    """Suite.Name of each test there is, without what parameters add."""
    names = set()
    pattern = re.compile(r"TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)")
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*_test.cpp"],
                            cwd=root, capture_output=True, text=True, check=True)
    for path in listed.stdout.split():
        if (root / path).is_file():
            names.update(".".join(found) for found in pattern.findall((root / path).read_text()))
    return names


def attack_names(root):
    source = (root / "src" / "attack" / "attack.cpp").read_text()
    return set(re.findall(r'^\s*\{"(\w+)", (?:true|false),', source, re.MULTILINE))


def reference_fails(kind, what, runs, tests, attacks):
    if kind == "test":
        return what not in tests
    if kind == "attack":
        return what not in attacks
    if kind == "file":
        return not (ROOT / what).is_file()
    model, _, arguments = what.partition(" ")
    return not any(run["model"] == model and " ".join(run["arguments"]) == arguments.strip() and
                   models.is_made(run) for run in runs)


def check_document(text, runs, tests, attacks):
    """Every table row and list item above "Not proven" points to something that exists."""
    findings = []
    stating = False
    for number, line in enumerate(text.splitlines(), 1):
        references = REFERENCE.findall(line)
        for kind, what in references:
            if reference_fails(kind, what, runs, tests, attacks):
                findings.append(f"docs/security.md:{number}: there is no {kind} '{what}'")
        if line.startswith("## "):
            stating = "(stated)" in line
        is_row = line.startswith("| ") and not line.startswith(("| # |", "| statement |", "|---"))
        if stating and (is_row or line.startswith("- ")) and not references:
            findings.append(f"docs/security.md:{number}: a statement that points to nothing")
    return findings


def self_test(texts, runs, document, tests, attacks):
    changed = dict(texts)
    runs = copy.deepcopy(runs)
    first = next(run for run in runs if models.is_made(run))
    changed[first["model"]] += "\n"
    turned = copy.deepcopy(runs)
    altered = turned[runs.index(first)]
    altered["claims"] = {name: "attack" for name in altered["claims"]}
    thinned = copy.deepcopy(runs)
    lost = thinned[runs.index(first)]
    lost["claims"] = dict(list(lost["claims"].items())[:1])
    protocol, sources = models.schedule()
    reordered = protocol.replace("MixKey(ss, \"\"); MixKey(psk", "MixKey(psk")
    recoded = [source.replace("\"confirm\"", "\"conform\"") for source in sources]
    commented = ["// a remark\n" + source for source in sources]
    now = models.sha256(models.schedule_text(protocol, sources))
    if check_schedule(protocol, commented, now):
        print("a remark in the code counts as a change of the key schedule")
        return 1
    orphan = dict(texts, **{"new.spdl": "x"})
    row = "\n## Planted (stated)\n| 13 | witchcraft is resisted |\n"
    dead = "\n| 14 | `test: Witch.Craft` |\n"
    unmade = dict(first, model=first["model"], arguments=["--planted"], sha256="", claims={})
    early = f"\n| 15 | `model: {first['model']} --planted` |\n"
    faults = {
        "the model changed": check_verdicts(changed, runs),
        "not the expected one": check_verdicts(texts, turned),
        "the recorded verdict is not": check_verdicts(texts, thinned),
        "or the messages changed": check_schedule(reordered, sources, now),
        "the models, run them": check_schedule(protocol, recoded, now),
        "no run is recorded": check_verdicts(orphan, runs),
        "points to nothing": check_document(document + row, runs, tests, attacks),
        "there is no test": check_document(document + dead, runs, tests, attacks),
        "there is no model": check_document(document + early, runs + [unmade], tests, attacks),
    }
    missed = [what for what, found in faults.items() if not any(what in line for line in found)]
    for what in missed:
        print(f"not found: a planted fault of the kind '{what}'")
    print(f"models/check.py finds {len(faults) - len(missed)} of {len(faults)} planted faults")
    return 1 if missed else 0


def main():
    texts, runs = models.texts(), models.verdicts()
    document, tests, attacks = SECURITY.read_text(), test_names(ROOT), attack_names(ROOT)
    if "--self-test" in sys.argv[1:]:
        return self_test(texts, runs, document, tests, attacks)
    if "--schedule" in sys.argv[1:]:
        models.write(runs, models.sha256(models.schedule_text(*models.schedule())))
        return 0
    findings = check_verdicts(texts, runs) + check_document(document, runs, tests, attacks)
    findings += check_schedule(*models.schedule(), models.modelled_schedule())
    for finding in findings:
        print(finding)
    waiting = [run for run in runs if not models.is_made(run)]
    for run in waiting:
        print(f"not made yet: {run['tool']} {' '.join(run['arguments'])} {run['model']}")
    print(f"models/check.py: {len(runs) - len(waiting)} verdicts, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
