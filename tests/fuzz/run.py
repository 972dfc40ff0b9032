#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Feeds every decoder of untrusted bytes for SECONDS of processor time each, at low priority.

usage: tests/fuzz/run.py [-j N] [--record FILE] [--json FILE] [--keep] [--build DIR] [SECONDS] [TARGET...]
Each run begins with what earlier ones learnt: tests/fuzz/corpus/TARGET.tar.gz and DIR/../fuzz-corpus/TARGET.
--record FILE  what each target has done is added up there, a program (its SHA-256) at a time, and only what is
               missing to SECONDS is run: an hour may be made of many runs, also of interrupted ones
--keep         writes the smallest set that reaches as much back into tests/fuzz/corpus
Findings go to DIR/../fuzz-findings. Exit 0 only if every target did its seconds without one.
"""
import argparse
import concurrent.futures
import dataclasses
import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CORPUS = ROOT / "tests/fuzz/corpus"
RECORD_FORMAT = "salus-fuzz-record-1"
SLICE_SECONDS = 300        # of one start of a program; then it is another target's turn
INPUT_BYTES_MAX = 65536
INPUT_SECONDS_MAX = 30     # by the clock: where others have the processor, also a quick input takes so long
INPUT_CPU_SECONDS_MAX = 5  # of processor time, alone: above it a slow input is a finding
MEMORY_MB_MAX = 2048
KEPT_BYTES_MAX = 2 << 20  # of a target's inputs in the repository; the largest are left out
NICENESS = 15
INTERRUPTED = 72           # libFuzzer's exit code after SIGINT or SIGTERM


@dataclasses.dataclass
class Tally:
    """What one program has done so far."""
    cpu_seconds: float = 0.0
    executions: int = 0
    new_coverage: int = 0   # edges that nothing before had reached
    new_features: int = 0   # libFuzzer's: edges with how often, values compared
    findings: list = dataclasses.field(default_factory=list)


def add(tally, said, cpu_seconds, findings):
    """Adds one start of a program, told by what it `said`."""
    tally.cpu_seconds += cpu_seconds
    executed = re.search(r"stat::number_of_executed_units:\s*(\d+)", said)
    tally.executions += int(executed[1]) if executed else 0
    begun = re.search(r"INITED cov: (\d+) ft: (\d+)", said)
    reached = re.findall(r"cov: (\d+) ft: (\d+)", said)
    if begun:
        tally.new_coverage += int(reached[-1][0]) - int(begun[1])
        tally.new_features += int(reached[-1][1]) - int(begun[2])
    tally.findings.extend(findings)


class Record:
    """Tallies by target and program; with a path they outlive the run, and even its being killed."""

    def __init__(self, path):
        self.path = path
        self.targets = {}
        if path and path.exists():
            read = json.loads(path.read_text())
            if read.get("format") != RECORD_FORMAT:
                sys.exit(f"fuzz: {path} is no {RECORD_FORMAT}")
            self.targets = {name: {digest: Tally(**tally) for digest, tally in programs.items()}
                            for name, programs in read["targets"].items()}

    def of(self, name, digest):
        return self.targets.setdefault(name, {}).setdefault(digest, Tally())

    def save(self):
        if not self.path:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content = {"format": RECORD_FORMAT,
                   "targets": {name: {digest: dataclasses.asdict(tally) for digest, tally in programs.items()}
                               for name, programs in sorted(self.targets.items())}}
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps(content, indent=1) + "\n")
        beside.replace(self.path)


def is_slow_by_itself(program, file):
    """Whether an input takes too long once more, in processor time: a machine that is busy slows all."""
    process = subprocess.Popen([program, f"-timeout={100 * INPUT_CPU_SECONDS_MAX}", file],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode != 0 or usage.ru_utime + usage.ru_stime > INPUT_CPU_SECONDS_MAX


class Fuzzing:
    def __init__(self, options):
        self.options = options
        build = options.build.resolve()
        self.corpora = build.parent / "fuzz-corpus"
        self.findings = build.parent / "fuzz-findings"
        self.findings.mkdir(parents=True, exist_ok=True)
        names = options.targets or sorted(p.name for p in (build / "fuzz").glob("*_fuzz"))
        if not names:
            sys.exit("fuzz: no targets are built")
        # Copies: a build meanwhile must not change what runs.
        self.programs = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=build))
        self.digests = {}
        for name in names:
            source = build / "fuzz" / name
            if not source.is_file():
                sys.exit(f"fuzz: there is no target {name}")
            shutil.copy2(source, self.programs / name)
            self.digests[name] = hashlib.sha256(source.read_bytes()).hexdigest()
            self.begin_corpus(name)
        self.record = Record(options.record)
        for name in names:
            tally = self.tally(name)
            tally.findings = self.confirmed(name, tally.findings)
        self.lock = threading.Lock()
        self.running = {}
        self.stopped = False

    def begin_corpus(self, name):
        folder = self.corpora / name
        folder.mkdir(parents=True, exist_ok=True)
        kept = CORPUS / f"{name}.tar.gz"
        if kept.exists():
            with tarfile.open(kept) as archive:
                archive.extractall(folder, filter="data")

    def confirmed(self, name, findings):
        """Without inputs that were slow only because the machine was."""
        kept = []
        for found in findings:
            file = self.findings / found
            slow = re.search(r"-(slow-unit|timeout)-", found) and file.exists()
            if slow and not is_slow_by_itself(self.programs / name, file):
                file.unlink()
            else:
                kept.append(found)
        return kept

    def tally(self, name):
        return self.record.of(name, self.digests[name])

    def missing_seconds(self, name):
        tally = self.tally(name)
        return 0.0 if tally.findings else self.options.seconds - tally.cpu_seconds

    def start(self, name, seconds):
        prefix = self.findings / f"{name}-"
        return subprocess.Popen(
            ["nice", "-n", str(NICENESS), self.programs / name, f"-max_total_time={seconds}",
             f"-max_len={INPUT_BYTES_MAX}", f"-timeout={INPUT_SECONDS_MAX}", f"-rss_limit_mb={MEMORY_MB_MAX}",
             "-print_final_stats=1", f"-artifact_prefix={prefix}", self.corpora / name],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")

    def run_slice(self, name, seconds):
        """One start of a target for so many seconds; what it did goes into the record at once."""
        before = set(self.findings.glob(f"{name}-*"))
        with self.lock:
            if self.stopped:
                return
            process = self.start(name, seconds)
            self.running[process.pid] = process
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        written = sorted(p.name for p in set(self.findings.glob(f"{name}-*")) - before)
        found = self.confirmed(name, written)
        with self.lock:
            del self.running[process.pid]
            if process.returncode not in (0, INTERRUPTED) and not written:
                found = [f"exit {process.returncode}"]
            if found:
                print(f"{name}: FOUND {', '.join(found)}\n{said[-3000:]}", flush=True)
            add(self.tally(name), said, usage.ru_utime + usage.ru_stime, found)
            self.record.save()

    def next_target(self, busy):
        """The one that has done least, among those that are not running."""
        waiting = [name for name in self.digests if name not in busy and self.missing_seconds(name) > 0]
        return min(waiting, key=lambda name: self.tally(name).cpu_seconds, default=None)

    def stop(self, *_):
        self.stopped = True
        for pid in list(self.running):
            os.kill(pid, signal.SIGTERM)

    def run(self):
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            busy = {}
            while True:
                while len(busy) < self.options.jobs and not self.stopped:
                    with self.lock:
                        name = self.next_target(busy.values())
                        seconds = self.missing_seconds(name) if name else 0
                    if not name:
                        break
                    slice_seconds = max(1, round(min(seconds, SLICE_SECONDS)))
                    busy[pool.submit(self.run_slice, name, slice_seconds)] = name
                if not busy:
                    return
                done, _ = concurrent.futures.wait(busy, timeout=1, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in done:
                    future.result()
                    del busy[future]

    def rows(self):
        for name in sorted(self.digests):
            tally = self.tally(name)
            yield {"target": name, "program": self.digests[name], **dataclasses.asdict(tally),
                   "done": not tally.findings and tally.cpu_seconds >= self.options.seconds}

    def keep(self, name):
        """The smallest set of inputs that reaches as much, back into the repository."""
        with tempfile.TemporaryDirectory() as small:
            subprocess.run([self.programs / name, "-merge=1", small, self.corpora / name],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            files = sorted(pathlib.Path(small).iterdir(), key=lambda p: (p.stat().st_size, p.name))
            content, total = io.BytesIO(), 0
            with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as archive:
                for file in files:
                    data = file.read_bytes()
                    total += len(data)
                    if total > KEPT_BYTES_MAX:
                        break
                    entry = tarfile.TarInfo(file.name)
                    entry.size = len(data)
                    archive.addfile(entry, io.BytesIO(data))
            CORPUS.mkdir(exist_ok=True)
            (CORPUS / f"{name}.tar.gz").write_bytes(gzip.compress(content.getvalue(), mtime=0))


def print_table(rows):
    print(f"{'target':26} {'CPU s':>8} {'executions':>12} {'new coverage':>12} {'new features':>12}  findings")
    for row in rows:
        found = ", ".join(row["findings"]) or ("none" if row["done"] else "none yet")
        print(f"{row['target']:26} {row['cpu_seconds']:8.0f} {row['executions']:12} {row['new_coverage']:12}"
              f" {row['new_features']:12}  {found}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--record", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/fuzz")
    parser.add_argument("seconds", nargs="?", type=float, default=60)
    parser.add_argument("targets", nargs="*")
    return parser.parse_args()


def main():
    options = arguments()
    fuzzing = Fuzzing(options)
    began = time.monotonic()
    signal.signal(signal.SIGINT, fuzzing.stop)
    signal.signal(signal.SIGTERM, fuzzing.stop)
    try:
        fuzzing.run()
        if options.keep:
            for name in fuzzing.digests:
                fuzzing.keep(name)
    finally:
        shutil.rmtree(fuzzing.programs)
    rows = list(fuzzing.rows())
    print_table(rows)
    if options.json:
        summary = {"seconds": options.seconds, "wall_seconds": round(time.monotonic() - began), "targets": rows}
        options.json.write_text(json.dumps(summary, indent=1) + "\n")
    passed = sum(row["done"] for row in rows)
    print(f"{passed} passed, {len(rows) - passed} failed")
    sys.exit(0 if passed == len(rows) else 1)


if __name__ == "__main__":
    main()
