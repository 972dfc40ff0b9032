# SPDX-License-Identifier: Apache-2.0
"""A real broker, node, PDAs and devices on one data folder, each of which can be killed at any moment."""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# SALUS_BUILD: another folder with the programs.
BUILD = pathlib.Path(os.environ.get("SALUS_BUILD", ROOT / "build" / "release"))
SALUS = BUILD / "salus"
MOSQUITTO = "/usr/sbin/mosquitto"


HEAD_MAGIC = b"SALUSHD2"


class Finding(Exception):
    """What the tests look for: something acknowledged was lost, doubled or altered."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Finding(f"waited {seconds} s in vain for {what}")
        time.sleep(0.02)


class SalusRun:
    """`data` is made by `salus setup`; processes are named broker, node, pda and devices."""

    def __init__(self, work, patients=1, speed=20, duration=600, environment=None):
        self.work = pathlib.Path(work)
        self.data = self.work / "data"
        self.speed, self.duration = speed, duration
        self.environment = {**os.environ, **(environment or {})}
        self.port = free_port()
        self.processes = {}
        self.trace = self.work / "trace"
        self.node_log = self.work / "node.log"
        self.work.mkdir(parents=True, exist_ok=True)
        self.salus("setup", "--data", self.data, "--patients", patients, "--broker-port", self.port,
                   "--auto-approve")

    def salus(self, *words, check=True):
        done = subprocess.run([SALUS, *map(str, words)], capture_output=True, text=True)
        if check and done.returncode != 0:
            raise Finding(f"salus {words[0]} answered {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def _spawn(self, name, words, log, pass_fds=()):
        with open(log, "a") as out:
            environment = dict(self.environment) if name != "broker" else dict(os.environ)
            self.processes[name] = subprocess.Popen(
                [str(w) for w in words], stdout=out, stderr=out, env=environment,
                start_new_session=True, pass_fds=pass_fds)

    def start_broker(self):
        self._spawn("broker", [MOSQUITTO, "-c", self.data / "broker" / "mosquitto.conf"],
                    self.work / "broker.log")

        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        wait_until(listens, "the broker")

    def _spawn_until_ready(self, name, words):
        ready, tell = os.pipe()
        log = self.work / f"{name}.log"
        self._spawn(name, [*words, "--ready-fd", tell], log, pass_fds=(tell,))
        os.close(tell)
        got = os.read(ready, 1)  # end of file if it ended before it was ready
        os.close(ready)
        if got == b"":
            tail = log.read_text(errors="replace").splitlines()[-3:]
            raise Finding(f"{name} does not start again: {tail}")

    def start_node(self, *more, headless=True):
        self._spawn_until_ready("node", [SALUS, "node", "--data", self.data, "--broker-port", self.port,
                                         *(["--headless"] if headless else []), "--auto-approve",
                                         "--report-seconds", 20, *more])

    def start_pda(self):
        self._spawn_until_ready("pda", [SALUS, "pda", "--data", self.data, "--broker-port", self.port])

    def start_devices(self):
        self._spawn("devices", [SALUS, "simulate", "--data", self.data, "--broker-port", self.port,
                                "--speed", self.speed, "--duration", self.duration,
                                "--trace", self.trace], self.work / "devices.log")

    def start_all(self):
        self.start_broker()
        self.start_node()
        self.start_pda()
        self.start_devices()

    def start(self, name):
        {"broker": self.start_broker, "node": self.start_node, "pda": self.start_pda,
         "devices": self.start_devices}[name]()

    def check_alive(self):
        """Whatever was started and not killed still runs."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                log = self.work / f"{name}.log"
                raise Finding(f"{name} ended by itself: {log.read_text().splitlines()[-2:]}")

    def kill(self, *names):
        """SIGKILL to all of them, then waits until they are gone."""
        for name in names:
            if self.processes[name].poll() is None:
                self.processes[name].send_signal(signal.SIGKILL)
        for name in names:
            self.processes[name].wait()

    def stop(self):
        for name in ("devices", "pda", "node", "broker"):
            process = self.processes.get(name)
            if process and process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    # What was promised to somebody before now: read before a look at the disk, never after.

    def promises(self):
        blocks, approvals, acknowledged, sealed = {}, {}, set(), []
        if self.node_log.exists():
            text = self.node_log.read_text(errors="replace")
            for height, digest in re.findall(r"committed block (\d+) ([0-9a-f]{128})\n", text):
                known = blocks.setdefault(int(height), digest)
                if known != digest:
                    raise Finding(f"block {height} was committed twice, as {known} and {digest}")
            for report, tx in re.findall(r"approved report (\d+) ([0-9a-f]{128})\n", text):
                known = approvals.setdefault(int(report), tx)
                if known != tx:
                    raise Finding(f"report {report} was approved twice, by {known} and {tx}")
        if self.trace.exists():
            for line in self.trace.read_text(errors="replace").splitlines():
                words = line.split()
                if len(words) == 3 and words[0] == "acknowledged":
                    acknowledged.add((words[1], int(words[2])))
                elif len(words) == 5 and words[0] == "sealed":
                    sealed.append((words[2], int(words[3])))
        if len(set(sealed)) != len(sealed):
            raise Finding("a device used one sequence of a session, and so one nonce, twice")
        return blocks, approvals, acknowledged

    def on_disk(self):
        blocks, transactions, batches = {}, [], []
        for line in self.salus("inspect", "--data", self.data).stdout.splitlines():
            words = line.split()
            if words[0] == "block":
                blocks[int(words[1])] = words[2]
            elif words[0] == "transaction":
                transactions.append(words[3])
            elif words[0] == "batch":
                batches.append((words[1], int(words[2])))
        return blocks, transactions, batches

    def check_disk(self, promises):
        """Everything promised is there, once, and the chain verifies."""
        promised_blocks, approvals, acknowledged = promises
        blocks, transactions, batches = self.on_disk()
        for height, digest in promised_blocks.items():
            if blocks.get(height) != digest:
                raise Finding(f"block {height} was acknowledged and is lost or altered")
        if len(set(transactions)) != len(transactions):
            raise Finding("a transaction stands in two places of the chain")
        for report, tx in approvals.items():
            if tx not in transactions:
                raise Finding(f"the approval of report {report} was acknowledged and is lost")
        if len(set(batches)) != len(batches):
            raise Finding("a device's batch is stored twice")
        lost = acknowledged - set(batches)
        if lost:
            raise Finding(f"{len(lost)} acknowledged batches are lost, e.g. {sorted(lost)[0]}")
        # The ledger's mark is the height; HEAD is synced before a block is promised.
        if promised_blocks and self.head_mark("ledger") < max(promised_blocks):
            raise Finding("HEAD is behind a block that was acknowledged")
        verified = self.salus("verify", "chain", self.data, check=False)
        if verified.returncode != 0:
            raise Finding(f"the chain does not verify: {verified.stdout}{verified.stderr}")
        return len(blocks), len(transactions), len(batches)

    def head_mark(self, database):
        """The newest mark in a database's HEAD; docs/formats/storage.md has its form."""
        content = (self.data / "db" / database / "HEAD").read_bytes()
        return max((int.from_bytes(content[at + 16:at + 24], "big") for at in (0, 64)
                    if content[at:at + 8] == HEAD_MAGIC), default=0)

    def remove(self):
        shutil.rmtree(self.work, ignore_errors=True)
