// SPDX-License-Identifier: Apache-2.0
// What npm's @confio/ics23 says of each case. usage: node verify.mjs [--write] FILE...
// Reads the lines that make_cases prints, or tests/vectors/state_proofs.json. Without --write: every verdict must
// be ours, or where the case says "stricter" and the file records one, the one recorded; with it the lines
// come out with the verdict added.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
// Not the package's entry: it uses WebAssembly-free parts that these modules have alone.
import proofs from "@confio/ics23/build/proofs.js";

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
const sha256 = (data) => Uint8Array.from(createHash("sha256").update(data).digest());

/** Our proof as ICS-23's ExistenceProof; this library has no prehash of keys, so SHA-256(key) is the key. */
function existence(proof) {
  const path = sha256(bytes(proof.key));
  return {
    key: path,
    value: bytes(proof.value),
    leaf: proofs.smtSpec.leafSpec,
    path: proof.steps.map(([bit, sibling]) => {
      const isRight = (path[bit >> 3] >> (7 - (bit & 7))) & 1;
      const prefix = [(bit + 1) & 255];
      return {
        hash: proofs.smtSpec.innerSpec.hash,
        prefix: isRight ? Uint8Array.from([...prefix, ...bytes(sibling)]) : Uint8Array.from(prefix),
        suffix: isRight ? new Uint8Array() : bytes(sibling),
      };
    }),
  };
}

function accepts(one) {
  try {
    const root = bytes(one.root);
    const path = sha256(bytes(one.key));
    if (one.kind === "existence") {
      proofs.verifyExistence(existence(one.proof), proofs.smtSpec, root, path, bytes(one.value));
    } else {
      const side = (proof) => (proof ? existence(proof) : null);
      const absence = { key: path, left: side(one.left), right: side(one.right) };
      proofs.verifyNonExistence(absence, proofs.smtSpec, root, path);
    }
    return true;
  } catch {
    return false;
  }
}

/** The vectors are all to be accepted. */
function fromVectors({ root, existence: present, absence }) {
  return [
    ...present.map((proof) => ({ kind: "existence", root, key: proof.key, value: proof.value, proof })),
    ...absence.map((one) => ({ kind: "absence", root, ...one })),
  ].map((one, i) => ({ name: `vector ${i}`, stricter: false, salus: true, ...one }));
}

function casesOf(file) {
  const text = readFileSync(file, "utf8");
  if (file.endsWith("state_proofs.json")) return fromVectors(JSON.parse(text));
  return text.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line.replace(/,$/, "")));
}

const files = process.argv.slice(2);
const write = files[0] === "--write" && files.shift();
let [count, accepted, wrong] = [0, 0, 0];
for (const one of files.flatMap(casesOf)) {
  const verdict = accepts(one);
  count += 1;
  accepted += verdict;
  if (write) {
    console.log(JSON.stringify({ ...one, npm: verdict }));
  } else if (verdict !== (one.npm ?? one.salus) && !(one.stricter && one.npm === undefined)) {
    wrong += 1;
    console.error(`${one.name}: @confio/ics23 says ${verdict}, Salus says ${one.salus}`);
  }
}
if (!write) console.log(`@confio/ics23: ${count} cases, ${accepted} accepted, ${wrong} judged otherwise`);
process.exit(wrong === 0 && accepted > 0 && accepted < count ? 0 : 1);
