#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The whole path with real processes: from a reading to a verified chain, without a person.

Recorded patients are used where they stand beside the project (../shared/data); without them that part
is skipped, and said to be.
"""
import csv
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
SALUS = ROOT / "build" / "release" / "salus"
DATA = ROOT.parent / "shared" / "data"
passed, failed, skipped = [], [], []


def check(what, condition, found=""):
    (passed if condition else failed).append(what)
    print(f"  {'holds' if condition else 'FAILS'}: {what}{'' if condition else f' (found: {found})'}",
          flush=True)


def non_blank_values(folder):
    """Values in the vitals columns of the recordings, counted without Salus's own reader."""
    columns = {"HR", "PULSE", "RESP", "SpO2", "HR_bpm", "PULSE_bpm", "RESP_pm", "SpO2_pct",
               *(f"{kind}{which}_mmHg" for kind in ("ABP", "NBP") for which in ("Sys", "Dias", "Mean"))}
    total = 0
    for file in sorted(pathlib.Path(folder).iterdir()):
        if "numerics" not in file.name.lower() or file.suffix.lower() != ".csv":
            continue
        with open(file, newline="") as rows:
            for row in csv.DictReader(rows):
                total += sum(1 for name, value in row.items()
                             if name and name.strip() in columns
                             and (value or "").strip() not in ("", "NaN", "nan"))
    return total


def run(work, *words):
    summary = pathlib.Path(work) / "summary.json"
    done = subprocess.run([SALUS, "up", "--headless", "--auto-approve", "--until-done", "--data",
                           pathlib.Path(work) / "data", "--summary", summary, *map(str, words)],
                          capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        print(done.stdout + done.stderr)
    return done.returncode, json.loads(summary.read_text()) if summary.exists() else {}


def common(code, summary):
    check("it ends by itself with exit 0", code == 0, code)
    check("the chain verifies", summary.get("chain_verified") is True, summary.get("finding"))
    check("no reading is refused", summary.get("readings_rejected") == {},
          summary.get("readings_rejected"))
    check("nothing is left undecided", summary.get("reports_pending") == 0,
          summary.get("reports_pending"))
    turns = summary.get("miners_used", {}).values()
    check("no miner mines twice while another waits",
          bool(turns) and max(turns) - (min(turns) if len(turns) == 100 else 0) <= 1, list(turns))


def recorded_patients(work):
    print("recorded patients (16 ICU recordings of 8 minutes)")
    if not (DATA / "bidmc").is_dir():
        skipped.append("recorded patients")
        print("  SKIPPED: ../shared/data/bidmc is not here")
        return
    code, summary = run(work, "--replay", DATA / "bidmc", "--speed", 60)
    common(code, summary)
    check("every value that is not blank is accepted, once",
          summary.get("readings_accepted") == non_blank_values(DATA / "bidmc"),
          f"{summary.get('readings_accepted')} of {non_blank_values(DATA / 'bidmc')}")
    check("two reports a patient are approved", summary.get("reports_approved") == 32,
          summary.get("reports_approved"))
    check("alarms are raised", summary.get("alarms_raised", 0) >= 10, summary.get("alarms_raised"))


def long_recording(work):
    print("one patient of 32 hours, a value a minute")
    if not (DATA / "icu-numerics").is_dir():
        skipped.append("a long recording")
        print("  SKIPPED: ../shared/data/icu-numerics is not here")
        return
    code, summary = run(work, "--replay", DATA / "icu-numerics", "--speed", 1000, "--duration", 21600)
    common(code, summary)
    check("values are accepted", summary.get("readings_accepted", 0) > 500,
          summary.get("readings_accepted"))


def simulated_patient(work):
    print("one simulated patient: 12 sensors on 10 devices, 480 s [0]")
    code, summary = run(work, "--patients", 1, "--speed", 40)
    common(code, summary)
    check("ten devices", summary.get("devices") == 10, summary.get("devices"))
    check("at least the paper's 110 messages", summary.get("batches_sent", 0) >= 110,
          summary.get("batches_sent"))
    check("every reading sent is accepted",
          summary.get("readings_sent") == summary.get("readings_accepted"),
          f"{summary.get('readings_sent')} sent, {summary.get('readings_accepted')} accepted")
    certified_on_the_chain(pathlib.Path(work) / "data")


def certified_on_the_chain(data):
    """What the key generator says, held against the chain; at the end it says what the chain does not."""
    verify_log = ("askg", "verify-log", "--chain", "--data", data)
    done = salus(*verify_log)
    check("every record of the key generator's log stands on the chain", done.returncode == 0, done.stderr)
    files = [*(data / "fleet").glob("*.credentials"), *(data / "pda").glob("*.credentials"),
             data / "keys" / "cloud_server.credentials"]
    done = [salus("askg", "check", file, "--data", data) for file in files]
    check("and so does every record in the parties' files",
          len(files) == 12 and all(one.returncode == 0 for one in done), [one.stderr for one in done])
    members = json.loads(salus("askg", "list", "--data", data, "--json").stdout)["members"]
    device = next(one for one in members if one["role"] == "device")
    done = salus("askg", "revoke", "--serial", device["serial"], "--data", data)
    check("a device is revoked behind the chain's back", done.returncode == 0, done.stderr)
    check("which is seen", salus(*verify_log).returncode == 1)


def salus(*words):
    return subprocess.run([SALUS, *map(str, words)], capture_output=True, text=True, timeout=60)


def wait_until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def devices_come_and_go(work):
    """Commands beside a running node. What they promise within a second is given one second."""
    print("devices that are suspended, revoked and enrolled while everything runs")
    data = pathlib.Path(work) / "data"
    process = subprocess.Popen([SALUS, "up", "--headless", "--patients", "1", "--data", data],
                               stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)

    def stored(device):
        lines = salus("inspect", "--data", data).stdout.splitlines()
        return sum(1 for line in lines if line.startswith(f"batch {device['id']} "))

    def goes_on(device):
        before = stored(device)
        return wait_until(lambda: stored(device) > before, 15)

    def stands_still(device):
        time.sleep(1)
        before = stored(device)
        time.sleep(3)
        return stored(device) == before

    def listed():
        return json.loads(salus("device", "list", "--data", data, "--json").stdout)

    try:
        check("it runs", wait_until((data / "pids.json").exists, 60))
        everything = listed()
        pda = next(one for one in everything if one["kind"] == "pda")
        # Two that send each second, so that standing still says something.
        one, other = [d for d in everything if d["kind"] == "device" and d["interval_ms"] <= 1000][:2]
        check("readings arrive", goes_on(one) and goes_on(other))
        done = salus("device", "suspend", one["id"][:12], "--data", data, "--json")
        check("a device is suspended", done.returncode == 0, done.stderr)
        check("within a second nothing of it is stored", stands_still(one))
        check("the others are not disturbed", goes_on(other))
        salus("device", "resume", one["id"], "--data", data)
        check("it may serve again, and does", goes_on(one))
        blocks = salus("inspect", "--data", data).stdout.count(" certify ")
        done = salus("device", "revoke", one["id"], "--data", data, "--json")
        check("it is revoked", done.returncode == 0, done.stderr)
        check("and not heard any more", stands_still(one))
        check("the chain says so",
              salus("inspect", "--data", data).stdout.count(" certify ") == blocks + 1)
        done = salus("device", "resume", one["id"], "--data", data)
        check("for ever", done.returncode == 1 and "stays so" in done.stderr, done.stderr)
        out = pathlib.Path(work) / "new.credentials"
        done = salus("device", "enrol", "--data", data, "--patient", pda["patient"], "--label",
                     "New oximeter", "--vital", "spo2", "--out", out, "--json")
        check("another one is enrolled", done.returncode == 0 and out.exists(), done.stderr)
        check("its credentials are for its owner alone",
              out.exists() and out.stat().st_mode & 0o777 == 0o600)
        check("the list shows it", any(d["label"] == "New oximeter" and d["state"] == "active"
                                       for d in listed()))
        check("the rest goes on undisturbed", goes_on(other))
        salus("device", "suspend", pda["id"], "--data", data)
        check("a suspended PDA is not heard", stands_still(other))
        salus("device", "resume", pda["id"], "--data", data)
        check("and is heard again", goes_on(other))
    finally:
        process.terminate()
        process.wait(30)
    done = salus("device", "retire", other["id"], "--data", data, "--json")
    check("a device is retired while nothing runs", done.returncode == 0, done.stderr)
    verify_log = ("askg", "verify-log", "--chain", "--data", data)
    check("of which the chain does not know yet", salus(*verify_log).returncode == 1)
    process = subprocess.Popen([SALUS, "up", "--headless", "--patients", "1", "--data", data],
                               stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        check("the node tells it at its next start",
              wait_until(lambda: salus(*verify_log).returncode == 0, 60), salus(*verify_log).stderr)
    finally:
        process.terminate()
        process.wait(30)
    verified = salus("verify", "chain", data)
    check("the chain verifies", verified.returncode == 0, verified.stdout)


def users_come_and_go(work):
    """A person's client is revoked beside a running node: its session ends, and it opens no other."""
    print("a person's client that is registered, signs in, and is revoked while everything runs")
    work = pathlib.Path(work)
    data, secret, session = work / "data", work / "secret", work / "session"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        at = f"http://127.0.0.1:{probe.getsockname()[1]}"
    secret.write_text("what only Dr Lee knows")
    secret.chmod(0o600)

    def answers(path, cookie=""):
        request = urllib.request.Request(at + path, headers={"Cookie": f"salus_session={cookie}"})
        try:
            return urllib.request.urlopen(request, timeout=5).status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def user(verb, keys, *more):
        return salus("user", verb, "--at", at, "--secret", secret, "--keys", work / keys, *more)

    process = subprocess.Popen([SALUS, "up", "--patients", "1", "--data", data, "--port",
                                at.rsplit(":", 1)[1]], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        check("the node is ready", wait_until(lambda: answers("/readyz") == 200, 60))
        done = user("register", "first", "--login", "dr.lee")
        check("a client is registered", done.returncode == 0, done.stderr)
        done = user("login", "first", "--session", session)
        check("and signs in", done.returncode == 0, done.stderr)
        cookie = session.read_text() if session.exists() else ""
        check("its session serves", answers("/api/v1/me", cookie) == 200)
        blocks = salus("inspect", "--data", data).stdout.count(" certify ")
        done = salus("user", "revoke", "dr.lee", "--data", data, "--json")
        check("it is revoked", done.returncode == 0, done.stderr)
        check("its session ends within two seconds",
              wait_until(lambda: answers("/api/v1/me", cookie) == 401, 2))
        check("it signs in no more", user("login", "first").returncode == 1)
        check("the chain says so", wait_until(
            lambda: salus("inspect", "--data", data).stdout.count(" certify ") == blocks + 1))
        check("who has no client has none to revoke",
              salus("user", "revoke", "nurse.kim", "--data", data).returncode == 1)
        check("she registers another", user("register", "second", "--login", "dr.lee").returncode == 0)
        done = user("login", "second")
        check("which signs in", done.returncode == 0, done.stderr)
    finally:
        process.terminate()
        process.wait(30)
    done = salus("user", "revoke", "dr.lee", "--data", data)
    check("that one is revoked while nothing runs", done.returncode == 0, done.stderr)
    check("of which the chain does not know yet",
          salus("askg", "verify-log", "--chain", "--data", data).returncode == 1)


def over_coap(work):
    """Devices reach their PDAs over CoAP; the PDAs are killed twice on the way."""
    recorded = (DATA / "bidmc").is_dir()
    what = ("--replay", DATA / "bidmc", "--speed", 20) if recorded else ("--patients", 1, "--speed", 20)
    print(f"{'recorded patients' if recorded else 'a simulated patient'} over CoAP, with PDAs that die")
    data, summary_file = pathlib.Path(work) / "data", pathlib.Path(work) / "summary.json"
    process = subprocess.Popen([SALUS, "up", "--headless", "--auto-approve", "--until-done", "--coap",
                                "--data", data, "--summary", summary_file, *map(str, what)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)

    def pda():
        try:
            return json.loads((data / "pids.json").read_text())["pda"]
        except (OSError, ValueError):
            return None

    killed = []
    try:
        for _ in range(2):
            wait_until(lambda: pda() not in (None, *killed))
            time.sleep(3)
            if process.poll() is None and pda() not in (None, *killed):
                killed.append(pda())
                os.kill(killed[-1], signal.SIGKILL)
        code = process.wait(600)
    finally:
        process.kill()
        process.wait()
    check("the PDAs are killed twice", len(killed) == 2, killed)
    summary = json.loads(summary_file.read_text()) if summary_file.exists() else {}
    common(code, summary)
    check("every reading sent is accepted, once",
          summary.get("readings_sent") == summary.get("readings_accepted") and
          (not recorded or summary.get("readings_accepted") == non_blank_values(DATA / "bidmc")),
          f"{summary.get('readings_sent')} sent, {summary.get('readings_accepted')} accepted")
    counts = json.loads((data / "pda_summary.json").read_text()).get("coap", {})
    check("they came over CoAP", counts.get("frames_up", 0) > 100 and counts.get("frames_down", 0) > 0,
          counts)


def main():
    for part in (recorded_patients, simulated_patient, long_recording, over_coap,
                 devices_come_and_go, users_come_and_go):
        with tempfile.TemporaryDirectory(prefix="salus-path-") as work:
            part(work)
    print(f"{len(passed)} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
