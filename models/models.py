# SPDX-License-Identifier: Apache-2.0
"""The models' texts and the verdicts recorded for them; what run.py and check.py share."""
import hashlib
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
VERDICTS = HERE / "verdicts.json"
SCHEDULE_SOURCES = ("handshake.cpp", "internal/symmetric_state.cpp")
sys.path.insert(0, str(HERE / "verifpal"))
sys.dont_write_bytecode = True

import make_models  # noqa: E402  the Verifpal models are written by it


def texts():
    """Model file name -> its text. Verifpal's are made anew each time; none is kept."""
    found = {path.name: path.read_text() for path in sorted((HERE / "scyther").glob("*.spdl"))}
    found.update({name + ".vp": text for name, text in make_models.all_models().items()})
    return found


def verdicts():
    return json.loads(VERDICTS.read_text())["runs"]


def modelled_schedule():
    """The hash of the key schedule that the models were last held against, by a person."""
    return json.loads(VERDICTS.read_text())["schedule"]


def schedule_text(document, sources):
    """What the models are models of: the messages and the key schedule of docs/protocol.md, and
    the code that does them, without its comments and white space."""
    blocks = re.findall(r"^### (2\.3|2\.4) .*?```\n(.*?)```", document, re.MULTILINE | re.DOTALL)
    code = [re.sub(r"\s+", "", re.sub(r"//[^\n]*", "", source)) for source in sources]
    return "\n".join([text for _, text in blocks] + code)


def schedule():
    document = (ROOT / "docs" / "protocol.md").read_text()
    folder = ROOT / "src" / "keyagreement"
    sources = [(folder / name).read_text() for name in SCHEDULE_SOURCES]
    return document, sources


def write(runs, schedule_hash=None):
    """One run a line, so that a change of one verdict is a change of one line."""
    lines = ",\n".join("  " + json.dumps(run) for run in runs)
    kept = schedule_hash or modelled_schedule()
    VERDICTS.write_text(f'{{"schedule": "{kept}",\n"runs": [\n{lines}\n]}}\n')


def record(run, **what):
    """Into the file as it is now: another run.py may have written to it meanwhile."""
    runs = verdicts()
    for kept in runs:
        if all(kept[name] == run[name] for name in ("model", "tool", "arguments")):
            kept.update(what)
    write(runs)


def is_made(run):
    """A run is listed before it is made: without hash and claims."""
    return run["sha256"] != ""


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def as_expected(run, claims):
    """`expected`: "proof" or "no attack" for every claim, {"attack": [labels]} for the claims of a
    control or of the printed protocol that must fail while all others hold, or Verifpal's code."""
    expected = run["expected"]
    if not claims:
        return False
    # Verifpal's code has a letter for each query. Scyther's claims are counted: a model that lost
    # some would hold all the others.
    if "code" not in claims and len(claims) != run["count"]:
        return False
    if "code" in claims:
        return claims["code"] == expected
    verdicts_of = {name: verdict for name, verdict in claims.items()
                   if not name.endswith(" Reachable")}
    if any(claims[name] != "reachable" for name in set(claims) - set(verdicts_of)):
        return False
    if isinstance(expected, str):
        return all(verdict == expected for verdict in verdicts_of.values())
    failing = {name.split(" ")[0].split(",")[1] for name, verdict in verdicts_of.items()
               if verdict == "attack"}
    return failing == set(expected["attack"])
