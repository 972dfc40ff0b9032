#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Attacks on a real run: tampering with what is stored, forged receipts, people who overstep.

Each attack has its control: the same check on what was not touched succeeds.
usage: run.py [--flips N] [--seed N]
"""
import argparse
import http.cookiejar
import json
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
SALUS = ROOT / "build" / "release" / "salus"
PASSWORD = "salus-demo"
passed, failed = [], []


def check(what, condition, found=""):
    (passed if condition else failed).append(what)
    print(f"  {'holds' if condition else 'FAILS'}: {what}{'' if condition else f' (found: {found})'}",
          flush=True)


def salus(*words):
    return subprocess.run([SALUS, *map(str, words)], capture_output=True, text=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Client:
    """A person's browser, as far as the API sees it."""

    def __init__(self, port, login=None):
        self.base = f"http://127.0.0.1:{port}/api/v1"
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        self.status = None
        if login:
            self.me = self.post("/login", {"login": login, "password": PASSWORD})

    def _ask(self, request):
        try:
            with self.opener.open(request, timeout=60) as answer:
                self.status, body = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            self.status, body = error.code, error.read()
        try:
            return json.loads(body) if body else None
        except json.JSONDecodeError:
            return body

    def get(self, path):
        return self._ask(urllib.request.Request(self.base + path))

    def raw(self, path):
        with self.opener.open(self.base + path, timeout=60) as answer:
            return answer.read()

    def post(self, path, body=None):
        return self._ask(urllib.request.Request(
            self.base + path, data=json.dumps(body or {}).encode(), method="POST",
            headers={"Content-Type": "application/json", "X-Salus": "1"}))


class Node:
    """`salus up` with the web API, people deciding."""

    def __init__(self, data, *words):
        self.port = free_port()
        self.process = subprocess.Popen(
            [SALUS, "up", "--data", data, "--port", str(self.port), "--web", ROOT / "web" / "dist",
             *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=1).read()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the node does not get ready")

    def stop(self):
        self.process.terminate()
        return self.process.wait(30)


def wait_for(ask, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = ask()
        if found:
            return found
        time.sleep(0.2)
    raise RuntimeError("waited in vain")


def pending(doctor):
    return doctor.get("/reports?state=pending")["items"]


def people_who_overstep(node):
    print("people who overstep")
    stranger = Client(node.port)
    for path in ("/ward", "/ledger/blocks", "/reports?state=pending", "/admin/people", "/events",
                 "/audit/access-log"):
        stranger.get(path)
        check(f"a stranger gets nothing at {path}", stranger.status == 401, stranger.status)
    lee, osei = Client(node.port, "dr.lee"), Client(node.port, "dr.osei")
    nurse, patient = Client(node.port, "nurse.kim"), Client(node.port, "ana")
    report = wait_for(lambda: pending(lee))[0]
    blocks = lee.get("/ledger/blocks")["items"][0]["height"]
    nurse.post(f"/reports/{report['id']}/approve")
    check("a nurse cannot approve", nurse.status == 403, nurse.status)
    osei.post(f"/reports/{report['id']}/approve")
    check("another doctor cannot approve", osei.status in (403, 404), osei.status)
    patient.get("/admin/people")
    check("a patient cannot list people", patient.status == 403, patient.status)
    patient.get("/ward")
    check("a patient cannot see the ward", patient.status == 403, patient.status)
    check("nothing of that was mined",
          lee.get("/ledger/blocks")["items"][0]["height"] == blocks)
    return lee, patient, report


def consent_withdrawn(lee, patient):
    print("a consent withdrawn before approval")
    me = patient.me["id"]
    consents = patient.get(f"/patients/{me}/consents")["items"]
    mine = next(c for c in consents if c["active"] and c["grantee"]["name"] == "Dr Lee")
    report = next(r for r in wait_for(lambda: [r for r in pending(lee) if r["patient"]["id"] == me]))
    patient.post(f"/consents/{mine['ref']}/withdraw")
    check("the patient withdraws", patient.status == 200, patient.status)
    height = lee.get("/ledger/blocks")["items"][0]["height"]
    answer = lee.post(f"/reports/{report['id']}/approve")
    check("approval is refused with its reason", lee.status in (403, 422)
          and answer["error"]["code"] == "consent_missing", (lee.status, answer))
    check("nothing was mined", lee.get("/ledger/blocks")["items"][0]["height"] == height)
    lee.get(f"/patients/{me}/series?vital=heart_rate&from_ms=0&to_ms=1&buckets=10")
    check("the doctor can no longer open the patient", lee.status in (403, 404), lee.status)
    patient.post(f"/patients/{me}/consents", {
        "grantee": mine["grantee"]["id"], "category": "vital_signs", "purpose": "treatment",
        "from_ms": mine["from_ms"], "until_ms": mine["until_ms"]})
    check("the patient grants it again", patient.status in (200, 201), patient.status)
    lee.post(f"/reports/{report['id']}/approve")
    check("nothing was lost: now it can be approved", lee.status == 200, lee.status)
    return report


def receipts(work, node, lee, report, seed):
    print("receipts")
    trust = work / "trust.json"
    trust.write_bytes(lee.raw("/trust"))
    genuine = work / "receipt.json"
    genuine.write_bytes(lee.raw(f"/reports/{report['id']}/receipt"))
    good = salus("verify", "receipt", genuine, "--trust", trust)
    check("a genuine receipt verifies", good.returncode == 0, good.stdout + good.stderr)
    unknown = salus("verify", "receipt", genuine)
    check("without an anchor: exit 3, issuer unknown",
          unknown.returncode == 3 and "issuer unknown" in unknown.stdout, unknown.stdout)
    bytes_ = genuine.read_bytes()
    print(f"  a receipt has {len(bytes_)} bytes")
    forged = work / "forged.json"
    accepted = []
    chance = random.Random(seed)
    for at in range(len(bytes_)):
        changed = bytearray(bytes_)
        changed[at] ^= 1 << chance.randrange(8)
        forged.write_bytes(changed)
        if salus("verify", "receipt", forged, "--trust", trust).returncode != 1:
            accepted.append(at)
    check("a receipt with any one byte changed is refused", not accepted, accepted[:5])
    return genuine, trust


def receipt_of_no_consent(work, data, patient, trust, seed):
    print("a receipt that a stranger had no consent, made from the folder alone")
    chance = random.Random(seed)
    stranger = chance.randbytes(16).hex()
    receipt = work / "no_consent.json"
    made = salus("claim", "no-consent", "--data", data, "--patient", patient.me["id"], "--reader",
                 stranger, "--out", receipt)
    check("it is made beside the running node", made.returncode == 0, made.stderr)
    verdict = salus("verify", "receipt", receipt, "--trust", trust, "--json")
    check("it verifies and names the stranger", verdict.returncode == 0
          and stranger in json.loads(verdict.stdout)["says"], verdict.stdout)
    content = bytearray(receipt.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    forged = work / "no_consent_forged.json"
    forged.write_bytes(content)
    verdict = salus("verify", "receipt", forged, "--trust", trust, "--json")
    # Another id whose absence the same way proves makes another receipt, which says so.
    check("with one byte changed it is no longer that receipt", verdict.returncode == 1
          or stranger not in json.loads(verdict.stdout)["says"], verdict.stdout)
    doctor = next(c["grantee"]["id"] for c in
                  patient.get(f"/patients/{patient.me['id']}/consents")["items"] if c["active"])
    refused = salus("claim", "no-consent", "--data", data, "--patient", patient.me["id"],
                    "--reader", doctor)
    check("of somebody with a consent none is made", refused.returncode == 1 and
          "a consent stood" in refused.stderr, refused.stderr)


def foreign_chain(work, genuine, trust):
    print("a receipt from a chain made by somebody else")
    other = work / "other"
    made = salus("setup", "--data", other, "--patients", 1, "--broker-port", free_port())
    check("somebody else has a chain", made.returncode == 0, made.stderr)
    verdict = salus("verify", "receipt", genuine, "--trust", other / "trust.json")
    check("their anchor refuses our receipt", verdict.returncode == 1, verdict.stdout)
    verdict = salus("verify", "receipt", genuine, "--trust", trust)
    check("ours accepts it", verdict.returncode == 0, verdict.stdout)


def stored_files(data):
    for file in sorted((data / "db").rglob("*")):
        if file.suffix in (".sst", ".log") or file.name == "HEAD":
            yield file
    yield from sorted(f for f in (data / "vault").rglob("*") if f.is_file())


def changed_bytes(work, data, flips, seed):
    print(f"a changed byte in what is stored ({flips} of them)")
    check("untouched, the folder verifies", salus("verify", "chain", data).returncode == 0)
    chance = random.Random(seed)
    files = [f for f in stored_files(data) if f.stat().st_size > 0]
    unnoticed, unnamed = [], []
    for number in range(flips):
        file = files[number % len(files)]
        content = bytearray(file.read_bytes())
        # The last bytes of a log are where a tolerant reader would look away.
        at = chance.randrange(len(content)) if number % 3 else len(content) - 1 - chance.randrange(
            min(64, len(content)))
        content[at] ^= 1 << chance.randrange(8)
        original = file.read_bytes()
        file.write_bytes(content)
        verdict = salus("verify", "chain", data)
        file.write_bytes(original)
        words = verdict.stdout + verdict.stderr
        where = f"{file.relative_to(data)} at {at}"
        if verdict.returncode == 0:
            unnoticed.append(where)
        elif file.name not in words and "block" not in words:
            unnamed.append(f"{where}: {words.strip()}")
    check("each is found", not unnoticed, unnoticed[:5])
    check("each finding names the file or the block", not unnamed, unnamed[:3])
    check("restored, the folder verifies again", salus("verify", "chain", data).returncode == 0)


def cut_back(work, data, older):
    print("a chain cut back together with its head")
    checkpoint = work / "checkpoint"
    wrote = salus("verify", "chain", data, "--write-checkpoint", checkpoint)
    check("the tip is kept elsewhere", wrote.returncode == 0, wrote.stdout + wrote.stderr)
    check("the older copy is consistent in itself", salus("verify", "chain", older).returncode == 0)
    verdict = salus("verify", "chain", older, "--checkpoint", checkpoint)
    check("against the checkpoint it is found", verdict.returncode == 1,
          verdict.stdout + verdict.stderr)
    check("the chain itself holds against it",
          salus("verify", "chain", data, "--checkpoint", checkpoint).returncode == 0)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--flips", type=int, default=240)
    arguments.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = arguments.parse_args()
    print(f"seed {options.seed}")
    work = pathlib.Path(tempfile.mkdtemp(prefix="salus-attack-"))
    data, older = work / "data", work / "older"
    # Long enough for several reports a patient at this speed: one is left for after the restart.
    recording = ("--patients", 2, "--speed", 60, "--duration", 1200)
    node = Node(data, *recording)
    try:
        lee, patient, report = people_who_overstep(node)
        approved = consent_withdrawn(lee, patient)
        genuine, trust = receipts(work, node, lee, approved, options.seed)
        receipt_of_no_consent(work, data, patient, trust, options.seed)
        foreign_chain(work, genuine, trust)
        node.stop()
        shutil.copytree(data, older)
        node = Node(data, *recording)
        lee = Client(node.port, "dr.lee")
        lee.post(f"/reports/{wait_for(lambda: pending(lee))[0]['id']}/approve")
        check("after a restart a report is approved", lee.status == 200, lee.status)
    finally:
        node.stop()
    cut_back(work, data, older)
    changed_bytes(work, data, options.flips, options.seed)
    print(f"{len(passed)} passed, {len(failed)} failed")
    if failed:
        print(f"what is left is in {work}")
        return 1
    shutil.rmtree(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
