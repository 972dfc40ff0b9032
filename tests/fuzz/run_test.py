#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: run.py's figures can be trusted. Method: targets that only speak as libFuzzer does, run in a build folder of their own."""
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

RUN = pathlib.Path(__file__).resolve().parent / "run.py"
# Uses up the processor for as long as it is told to, and reaches 3 edges more than its corpus.
HONEST = """#!/usr/bin/env python3
import pathlib, signal, sys, time
told = dict(a[1:].split("=", 1) for a in sys.argv[1:] if a.startswith("-"))
def end(code):
    sys.stderr.write("#9 NEW cov: 13 ft: 27\\nstat::number_of_executed_units: 1000\\n")
    sys.exit(code)
signal.signal(signal.SIGTERM, lambda *_: end(72))
sys.stderr.write("#2 pulse cov: 1 ft: 1\\n#5 INITED cov: 10 ft: 20\\n")
pathlib.Path(sys.argv[0] + ".started").touch()
until = time.process_time() + float(told.get("max_total_time", 0))
while time.process_time() < until: pass
FINDING
end(0)
"""
FINDING = 'open(told["artifact_prefix"] + "crash-1", "w").close(); sys.exit(77)'


class Folder:
    def __init__(self, path, targets):
        self.build = path / "build/fuzz"
        (self.build / "fuzz").mkdir(parents=True)
        self.record = path / "record/fuzz.json"
        for name, finding in targets.items():
            self.write(name, finding)

    def write(self, name, finding=""):
        target = self.build / "fuzz" / name
        target.write_text(HONEST.replace("FINDING", finding))
        target.chmod(0o755)

    def command(self, *more):
        return [sys.executable, RUN, "--build", self.build, "--record", self.record, *map(str, more)]

    def run(self, *more):
        said = subprocess.run(self.command("--json", self.build / "out.json", *more), capture_output=True, text=True)
        return said.returncode, {row["target"]: row for row in json.loads((self.build / "out.json").read_text())["targets"]}


def adds_up_over_runs_of_one_program(folder):
    code, first = folder.run(1)
    assert code == 0 and first["a_fuzz"]["done"], first
    assert first["a_fuzz"]["new_coverage"] == 3 and first["a_fuzz"]["new_features"] == 7, first
    assert first["a_fuzz"]["executions"] == 1000 and 1 <= first["a_fuzz"]["cpu_seconds"] < 2, first
    code, again = folder.run(1)
    assert code == 0 and again == first, "what is done was run again"
    code, longer = folder.run(3)
    assert code == 0 and longer["a_fuzz"]["executions"] >= 2000 and 3 <= longer["a_fuzz"]["cpu_seconds"] < 4.5, longer


def another_program_begins_anew(folder):
    folder.run(1)
    folder.write("a_fuzz", "pass")
    _, rows = folder.run(1)
    assert rows["a_fuzz"]["executions"] == 1000, rows
    assert len(json.loads(folder.record.read_text())["targets"]["a_fuzz"]) == 2


def a_finding_fails_the_run_and_stays(folder):
    folder.write("b_fuzz", FINDING)
    for _ in range(2):
        code, rows = folder.run(1)
        assert code == 1 and rows["b_fuzz"]["findings"] == ["b_fuzz-crash-1"] and not rows["b_fuzz"]["done"], rows
        assert rows["a_fuzz"]["done"], rows


SLOW = """
if "max_total_time" in told: open(told["artifact_prefix"] + "slow-unit-1", "w").close()
else: BEHAVIOUR
"""


def a_slow_input_is_a_finding_only_if_it_is_slow_by_itself(folder):
    # The second time each is run alone: the one is quick then, the other fails by its timeout.
    folder.write("b_fuzz", SLOW.replace("BEHAVIOUR", "sys.exit(0)"))
    folder.write("c_fuzz", SLOW.replace("BEHAVIOUR", "sys.exit(70)"))
    code, rows = folder.run(1)
    assert rows["b_fuzz"]["findings"] == [] and rows["b_fuzz"]["done"], rows
    assert code == 1 and rows["c_fuzz"]["findings"] == ["c_fuzz-slow-unit-1"], rows


def a_run_that_is_stopped_keeps_what_it_did(folder):
    running = subprocess.Popen(folder.command(60, "a_fuzz"), stdout=subprocess.DEVNULL)
    while not list(folder.build.glob("run-*/a_fuzz.started")):
        time.sleep(0.05)
    running.send_signal(signal.SIGTERM)
    assert running.wait() == 1
    (tally,) = json.loads(folder.record.read_text())["targets"]["a_fuzz"].values()
    assert tally["executions"] == 1000 and 0 < tally["cpu_seconds"] < 10 and not tally["findings"], tally


for case in (adds_up_over_runs_of_one_program, another_program_begins_anew, a_finding_fails_the_run_and_stays,
             a_slow_input_is_a_finding_only_if_it_is_slow_by_itself, a_run_that_is_stopped_keeps_what_it_did):
    with tempfile.TemporaryDirectory() as path:
        case(Folder(pathlib.Path(path), {"a_fuzz": ""}))
    print(f"{case.__name__}: ok")
