#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A node that shows two histories, and the witnesses that catch it.

The holder of a node's keys restores an older copy of the data folder and lets it grow otherwise: every signature is genuine.
usage: two_histories.py
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from run import ROOT, Client, Node, check, failed, free_port, passed, salus, wait_for


class Phone:
    """A witness with a folder of its own."""

    def __init__(self, work, name, trust):
        self.data = work / name
        self.key = salus("witness", "init", "--data", self.data, "--name", name, "--trust", trust).stdout.strip()

    def follow(self, node):
        return salus("witness", "follow", "--data", self.data, "--node", f"http://127.0.0.1:{node.port}", "--once")

    def cosign(self, *words):
        return salus("witness", "cosign", "--data", self.data, *words)


class Patient:
    """Each call is one transaction more in the log."""

    def __init__(self, node):
        self.node, self.client = node, Client(node.port, "ana")
        self.base = f"/patients/{self.client.me['id']}/consents"

    def size(self):
        return int(self.client.raw("/ledger/checkpoint").decode().splitlines()[1])

    def grow(self):
        before = wait_for(self.size)
        mine = next(c for c in self.client.get(self.base)["items"] if c["grantee"]["name"] == "Dr Lee")
        active = next((c for c in self.client.get(self.base)["items"]
                       if c["active"] and c["grantee"]["name"] == "Dr Lee"), None)
        if active:
            self.client.post(f"/consents/{active['ref']}/withdraw")
        else:
            self.client.post(self.base, {
                "grantee": mine["grantee"]["id"], "category": "vital_signs", "purpose": "treatment",
                "from_ms": mine["from_ms"], "until_ms": mine["until_ms"]})
        if self.client.status not in (200, 201):
            raise RuntimeError(f"the patient could not sign: {self.client.status}")
        return wait_for(lambda: self.size() > before and self.size())


def honest(work, node, trust, witnesses):
    print("an honest log and its witnesses")
    patient, anybody = Patient(node), Client(node.port)
    regulator, phone = witnesses

    def verify(required):
        note = work / "cosigned.note"
        note.write_bytes(anybody.raw(f"/ledger/checkpoint?witnesses={max(required, 1)}"))
        return salus("verify", "checkpoint", note, "--trust", trust, "--require", required, "--json")
    wait_for(patient.size)
    check("a first witness cosigns", regulator.follow(node).returncode == 0)
    check("one is enough where one is required", verify(1).returncode == 0)
    anybody.get("/ledger/checkpoint?witnesses=2")
    check("and not where two are", anybody.status == 404, anybody.status)
    check("a second one cosigns the same", phone.follow(node).returncode == 0)
    named = [each["name"] for each in json.loads(verify(2).stdout)["witnesses"]]
    check("both are named", named == ["regulator", "phone"], named)

    go_agrees(work / "cosigned.note", json.loads(trust.read_text())["checkpoint_key"],
              *(each.key for each in witnesses))

    old = patient.size()
    new = patient.grow()
    note, proof, out = work / "new.note", work / "proof", work / "out.note"
    note.write_bytes(anybody.raw("/ledger/checkpoint"))
    proof.write_bytes(anybody.raw(f"/ledger/consistency?from={old}&to={new}"))
    unproven = phone.cosign("--checkpoint", note)
    check("without the proof nothing is cosigned", unproven.returncode == 3
          and "not_consistent" in unproven.stderr, unproven.stderr)
    offline = phone.cosign("--checkpoint", note, "--consistency", proof, "--out", out)
    check("with the proof it is, offline", offline.returncode == 0, offline.stderr)
    anybody.post("/ledger/cosignatures", {"note": note.read_text()})
    check("the node takes no note without a cosignature", anybody.status == 403, anybody.status)
    anybody.post("/ledger/cosignatures", {"note": out.read_text()})
    check("and takes the cosigned one", anybody.status == 200, anybody.status)
    check("it is served with the cosignature", anybody.raw("/ledger/checkpoint") == out.read_bytes())
    check("a checkpoint with one digit changed is refused", salus(
        "verify", "checkpoint", altered(work, out, new), "--trust", trust).returncode == 1)


def go_agrees(note, *keys):
    """Others' tools must read our notes: Go's, where Go is installed."""
    if not shutil.which("go"):
        print("  skipped: Go is not installed, so its note library was not asked")
        return
    asked = subprocess.run(["go", "run", ".", "open", *keys], stdin=note.open(), capture_output=True, text=True,
                           cwd=ROOT / "tests" / "vectors" / "notes")
    check("Go's libraries verify the log and both witnesses", asked.returncode == 0, asked.stderr)


def altered(work, note, size):
    file = work / "altered.note"
    file.write_text(note.read_text().replace(f"\n{size}\n", f"\n{size + 1}\n", 1))
    return file


def two_histories(work, older, trust, phone, size):
    print("the same keys, another history")
    node = Node(older, "--patients", 2)
    try:
        patient = Patient(node)
        reasons = {-1: "rollback", 0: "fork", 1: "not_consistent"}
        for ahead in (-1, 0, 1):
            while wait_for(patient.size) < size + ahead:
                patient.grow()
            note = work / "other.note"
            note.write_bytes(patient.client.raw("/ledger/checkpoint"))
            genuine = salus("verify", "checkpoint", note, "--trust", trust)
            check(f"{ahead:+} transactions: the log's signature is genuine", genuine.returncode == 0, genuine.stderr)
            caught = phone.follow(node)
            check(f"{ahead:+} transactions: the witness refuses ({reasons[ahead]})", caught.returncode == 3
                  and reasons[ahead] in caught.stderr and str(size) in caught.stderr, caught.stderr)
            if ahead == 0:
                kept = work / "evidence.note"
                kept.write_text(caught.stderr[caught.stderr.index("\nsalus/") + 1:])
                both = salus("verify", "checkpoint", kept, "--trust", trust, "--json")
                check("the other signed note is the evidence", both.returncode == 0
                      and json.loads(both.stdout)["size"] == size, both.stderr)
    finally:
        node.stop()


def main():
    work = pathlib.Path(tempfile.mkdtemp(prefix="salus-two-histories-"))
    data, older, trust = work / "data", work / "older", work / "data" / "trust.json"
    made = salus("setup", "--data", data, "--patients", 2, "--broker-port", free_port())
    check("a folder is set up", made.returncode == 0, made.stderr)
    witnesses = [Phone(work, name, trust) for name in ("regulator", "phone")]
    for witness in witnesses:
        admitted = salus("witness", "admit", "--data", data, "--key", witness.key)
        check("the node names a witness", admitted.returncode == 0, admitted.stderr)
    node = Node(data, "--patients", 2)
    try:
        honest(work, node, trust, witnesses)
        node.stop()
        shutil.copytree(data, older)
        node = Node(data, "--patients", 2)
        patient = Patient(node)
        patient.grow()
        size = patient.grow()
        followed = witnesses[1].follow(node)
        check("the witness follows the log after a restart", followed.returncode == 0, followed.stderr)
    finally:
        node.stop()
    two_histories(work, older, trust, witnesses[1], size)
    print(f"{len(passed)} passed, {len(failed)} failed")
    if failed:
        print(f"what is left is in {work}")
        return 1
    shutil.rmtree(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
