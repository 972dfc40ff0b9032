// SPDX-License-Identifier: Apache-2.0
// Signed checkpoints of the history log (docs/formats/checkpoint.md): signed notes as C2SP specifies them,
// the log's own Ed25519 signature, and the cosignatures of witnesses.
import { concat, from_base64, from_hex, to_base64, to_hex } from './bytes.ts';
import { sha256, verify_ed25519 } from './crypto.ts';
import { Malformed } from './protobuf.ts';

const note_bytes_max = 131_072;
const note_signatures_max = 64;
const extensions_max = 16;
const line_start = '\u2014 ';
const log_kind = 1;
const witness_kind = 4;
/// The end of the year 9999, in seconds.
const seconds_max = 253_402_300_799n;

export interface Checkpoint {
  size: bigint;
  root: Uint8Array;
  /// The block that it is of.
  height: bigint;
  header_hash: Uint8Array;
  witnesses: { name: string; time_ms: number }[];
}
export interface CheckpointKeys {
  checkpoint_key: string;
  witnesses: readonly string[];
}
interface NoteSignature {
  name: string;
  id: string;
  bytes: Uint8Array;
}
interface Note {
  text: string;
  signatures: NoteSignature[];
}
interface VerifierKey {
  name: string;
  id: string;
  kind: number;
  public_key: Uint8Array;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const bytes_of = (text: string): Uint8Array => new TextEncoder().encode(text);
const is_key_name = (name: string): boolean => /^[^\p{White_Space}+]+$/u.test(name);
const is_note_text = (text: string): boolean =>
  ![...text].some((letter) => letter < ' ' && letter !== '\n');

function read_signature(line: string): NoteSignature {
  const space = line.indexOf(' ', line_start.length);
  const name = line.slice(line_start.length, space);
  const bytes = from_base64(line.slice(space + 1));
  if (!line.startsWith(line_start) || space < 0 || !is_key_name(name) || !bytes || bytes.length <= 4) {
    throw new Malformed('a signature line of the note has another form');
  }
  return { name, id: to_hex(bytes.slice(0, 4)), bytes: bytes.slice(4) };
}

function read_note(bytes: Uint8Array): Note {
  if (bytes.length > note_bytes_max) throw new Malformed('the note is too large');
  let whole: string;
  try {
    whole = utf8.decode(bytes);
  } catch {
    throw new Malformed('the note is no UTF-8');
  }
  const end = whole.lastIndexOf('\n\n');
  if (!is_note_text(whole) || end < 0 || !whole.endsWith('\n')) throw new Malformed('the note has another form');
  const lines = whole.slice(end + 2).split('\n').slice(0, -1);
  if (lines.length < 1 || lines.length > note_signatures_max) throw new Malformed('the note has not 1 to 64 signatures');
  return { text: whole.slice(0, end + 1), signatures: lines.map(read_signature) };
}

function read_key(text: string): VerifierKey {
  const first = text.indexOf('+');
  const second = text.indexOf('+', first + 1);
  const name = text.slice(0, first);
  const id = text.slice(first + 1, second);
  const key = from_base64(text.slice(second + 1));
  const kind = key?.[0] ?? 0;
  if (first < 0 || second < 0 || !is_key_name(name) || from_hex(id)?.length !== 4 || key?.length !== 33) {
    throw new Malformed("a verifier key of the anchor has another form");
  }
  const wanted = sha256(concat(bytes_of(name), Uint8Array.of(10), key)).slice(0, 4);
  if (to_hex(wanted) !== id) throw new Malformed("the id of a verifier key is not that of its name and key");
  return { name, id, kind, public_key: key.slice(1) };
}

function decimal(text: string | undefined): bigint {
  if (text === undefined || !/^(0|[1-9][0-9]*)$/.test(text) || BigInt(text) >= 1n << 63n) {
    throw new Malformed('a number of the checkpoint has another form');
  }
  return BigInt(text);
}
function hash(text: string | undefined, size: number): Uint8Array {
  const bytes = from_base64(text ?? '');
  if (bytes?.length !== size) throw new Malformed('a hash of the checkpoint has another form');
  return bytes;
}

function read_text(text: string): Omit<Checkpoint, 'witnesses'> & { origin: string } {
  const lines = text.split('\n').slice(0, -1);
  const [origin, size, root, ...extensions] = lines;
  if (!origin || extensions.length > extensions_max || extensions.includes('')) {
    throw new Malformed('the checkpoint has another form');
  }
  const out = { origin, size: decimal(size), root: hash(root, 32) };
  const headers = extensions.filter((line) => line.startsWith('header '));
  const parts = headers[0]?.slice('header '.length).split(' ');
  if (headers.length !== 1 || parts?.length !== 2) throw new Malformed('the checkpoint has not one header line');
  const height = decimal(parts[0]);
  if (height === 0n) throw new Malformed('the header line names no block');
  return { ...out, height, header_hash: hash(parts[1], 64) };
}

const is_by = (line: NoteSignature, key: VerifierKey): boolean => line.name === key.name && line.id === key.id;

/// Whether the log signed it; every line that names its key must hold.
function check_log(note: Note, key: VerifierKey): void {
  const lines = note.signatures.filter((line) => is_by(line, key));
  if (lines.length === 0) throw new Malformed("the checkpoint carries no signature by the log's key");
  if (!lines.every((line) => verify_ed25519(bytes_of(note.text), line.bytes, key.public_key))) {
    throw new Malformed("the log's signature does not verify");
  }
}
/// The latest time that the witness states; nothing if it has not cosigned.
function cosigned_at(note: Note, key: VerifierKey): number | null {
  let latest: number | null = null;
  for (const line of note.signatures) {
    if (!is_by(line, key)) continue;
    const seconds = line.bytes.length === 72 ? new DataView(line.bytes.slice(0, 8).buffer).getBigUint64(0) : -1n;
    const message = bytes_of(`cosignature/v1\ntime ${seconds}\n${note.text}`);
    if (seconds < 0n || seconds > seconds_max || !verify_ed25519(message, line.bytes.slice(8), key.public_key)) {
      throw new Malformed(`the cosignature of ${key.name} does not verify`);
    }
    latest = Math.max(latest ?? 0, Number(seconds) * 1000);
  }
  return latest;
}

function read_keys(chain_id: string, keys: CheckpointKeys): { log: VerifierKey; witnesses: VerifierKey[] } {
  const log = read_key(keys.checkpoint_key);
  const witnesses = keys.witnesses.map(read_key);
  const all = [log, ...witnesses];
  const apart =
    new Set(all.map((key) => key.name)).size === all.length && new Set(all.map((key) => to_hex(key.public_key))).size === all.length;
  const fit = log.kind === log_kind && log.name === `salus/${chain_id}` && witnesses.every((key) => key.kind === witness_kind);
  if (!apart || !fit) throw new Malformed('the keys of the anchor for checkpoints do not fit');
  return { log, witnesses };
}

/// Reads a note and verifies it against the anchor's keys; without any, nobody vouches for it. Throws
/// Malformed.
export function read_checkpoint(bytes: Uint8Array, chain_id: string, keys: CheckpointKeys | null): Checkpoint {
  const note = read_note(bytes);
  const known = keys && read_keys(chain_id, keys);
  const { origin, ...checkpoint } = read_text(note.text);
  if (origin !== `salus/${chain_id}`) throw new Malformed('the checkpoint is of another log');
  if (!known) return { ...checkpoint, witnesses: [] };
  check_log(note, known.log);
  const witnesses = known.witnesses.flatMap((key) => {
    const time_ms = cosigned_at(note, key);
    return time_ms === null ? [] : [{ name: key.name, time_ms }];
  });
  return { ...checkpoint, witnesses };
}

/// For tests: a key with its name as text.
export function write_key(name: string, kind: number, public_key: Uint8Array): string {
  const key = concat(Uint8Array.of(kind), public_key);
  const id = to_hex(sha256(concat(bytes_of(name), Uint8Array.of(10), key)).slice(0, 4));
  return `${name}+${id}+${to_base64(key)}`;
}
