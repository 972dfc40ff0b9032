#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the independent verifier against the corpus that claim_corpus makes: on every receipt, genuine
or forged, it must come to the verdict of the node's own verifier. usage: run.py CORPUS"""
import base64
import json
import sys

import verify_receipt


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        trusts = [verify_receipt.read_trust(text.encode()) for text in json.loads(next(file))["trusts"]]
        cases = differing = believed = 0
        for line in file:
            case = json.loads(line)
            data = base64.urlsafe_b64decode(case["bytes"] + "=" * (-len(case["bytes"]) % 4))
            verdict = verify_receipt.verify(data, None if case["trust"] is None else trusts[case["trust"]])
            words = verdict.pop("words")
            cases += 1
            believed += verdict["status"] == "verified"
            if verdict != case["expect"]:
                differing += 1
                print(f"{case['name']}: {verdict} ({words}), but the node says {case['expect']}")
    print(f"python: {cases} receipts and forgeries, {believed} believed, {differing} differing verdicts")
    return 0 if cases > 1_000 and believed > 0 and differing == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
