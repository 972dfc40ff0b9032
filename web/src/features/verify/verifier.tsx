// SPDX-License-Identifier: Apache-2.0
// Drop a receipt, choose an anchor, see each step. Plain HTML and CSS only, so that it also stands in
// the one file that people keep (src/verify_main.tsx).
import { useCallback, useMemo, useState } from 'react';
import { to_hex } from '@/verify/bytes';
import { sha256 } from '@/verify/crypto';
import { Malformed } from '@/verify/protobuf';
import { claim_bytes_max } from '@/verify/claim';
import { read_trust, trust_bytes_max, type Trust } from '@/verify/receipt';
import type { Verdict } from '@/verify/verdict';
import { verify_receipt } from '@/verify/verify';
import { count, date } from '@/ui/format';
import { words } from '@/words';
import { DropZone } from './drop_zone';
import { Outcome } from './outcome';
import { forget_pin, pin, read_pin } from '@/client/pinned';
import '@/ui/steps.css';
import './verify.css';

const w = words.verify;

export interface Anchor {
  text: string;
  trust: Trust;
  fingerprint: string;
  /// It came from the node that this page came from.
  from_node: boolean;
}
interface Read {
  anchor: Anchor | null;
  fault: string | null;
}

function read_anchor(text: string, from_node: boolean): Read {
  try {
    const fingerprint = to_hex(sha256(new TextEncoder().encode(text)));
    return { anchor: { text, trust: read_trust(text), fingerprint, from_node }, fault: null };
  } catch (fault) {
    if (!(fault instanceof Malformed)) throw fault;
    return { anchor: null, fault: fault.message };
  }
}

export function useVerifier() {
  const [receipt, set_receipt] = useState<Uint8Array | string | null>(null);
  const [pinned, set_pinned] = useState(read_pin);
  const [read, set_read] = useState<Read>(() => (pinned ? read_anchor(pinned.text, pinned.from_node) : { anchor: null, fault: null }));
  const set_trust = useCallback((text: string, from_node: boolean) => set_read(read_anchor(text, from_node)), []);
  const verdict = useMemo<Verdict | null>(
    () => (receipt === null ? null : verify_receipt(receipt, read.anchor?.trust ?? null)),
    [receipt, read.anchor],
  );
  return {
    receipt,
    set_receipt,
    anchor: read.anchor,
    anchor_fault: read.fault,
    set_trust,
    verdict,
    pinned,
    pin: (anchor: Anchor) => set_pinned(pin(anchor.text, anchor.from_node)),
    unpin: () => {
      forget_pin();
      set_pinned(null);
      set_read({ anchor: null, fault: null });
    },
    take_pinned: () => pinned && set_read(read_anchor(pinned.text, pinned.from_node)),
  };
}
export type VerifierState = ReturnType<typeof useVerifier>;

function AnchorFacts({ verifier }: { verifier: VerifierState }) {
  const { anchor, pinned } = verifier;
  if (!anchor) return null;
  const is_pinned = pinned?.text === anchor.text;
  return (
    <div className="anchor-facts">
      <p>
        <strong>{w.anchor_miners(count(anchor.trust.miners.length), anchor.trust.chain_id)}</strong>
      </p>
      <p className="muted">
        {w.fingerprint}: <code>{anchor.fingerprint.match(/.{1,8}/g)?.slice(0, 4).join(' ')}</code>
      </p>
      {anchor.from_node ? <p className="muted">{w.anchor_not_independent}</p> : null}
      {is_pinned ? (
        <p className="muted">
          {w.anchor_pinned(date(pinned.since_ms))}{' '}
          <button type="button" className="text-button" onClick={verifier.unpin}>
            {w.anchor_unpin}
          </button>
        </p>
      ) : pinned ? (
        <div className="notice" data-kind="bad" role="alert">
          <p>{w.anchor_differs}</p>
          <button type="button" className="plain-button" onClick={verifier.take_pinned}>
            {w.anchor_keep}
          </button>{' '}
          <button type="button" className="plain-button" onClick={() => verifier.pin(anchor)}>
            {w.anchor_replace}
          </button>
        </div>
      ) : (
        <button type="button" className="plain-button" onClick={() => verifier.pin(anchor)}>
          {w.anchor_pin}
        </button>
      )}
    </div>
  );
}

export function Verifier({ verifier, node_anchor, keep }: {
  verifier: VerifierState;
  node_anchor?: () => void;
  keep?: string;
}) {
  return (
    <div className="verifier">
      <p className="muted lead">{w.intro}</p>
      <div className="drop-pair">
        <section className="panel" aria-labelledby="receipt-title">
          <h2 id="receipt-title">{w.receipt}</h2>
          <DropZone
            label={w.receipt_drop}
            done={verifier.receipt === null ? null : `${w.receipt_chosen} (${w.bytes(count(verifier.receipt.length))})`}
            bytes_max={claim_bytes_max}
            take={verifier.set_receipt}
            paste={w.paste}
          />
        </section>
        <section className="panel" aria-labelledby="anchor-title">
          <h2 id="anchor-title">{w.anchor}</h2>
          <p className="muted">{w.anchor_text}</p>
          <DropZone
            label={w.anchor_drop}
            done={verifier.anchor ? w.anchor_chosen : null}
            bytes_max={trust_bytes_max}
            take={(bytes) => verifier.set_trust(new TextDecoder().decode(bytes), false)}
          />
          {verifier.anchor_fault ? (
            <p className="fault" role="alert">
              {w.anchor_bad}: {verifier.anchor_fault}
            </p>
          ) : null}
          {node_anchor && !verifier.anchor ? (
            <button type="button" className="plain-button" onClick={node_anchor}>
              {w.anchor_from_node}
            </button>
          ) : null}
          <AnchorFacts verifier={verifier} />
        </section>
      </div>
      <div aria-live="polite">
        {verifier.verdict && verifier.receipt !== null ? <Outcome receipt={verifier.receipt} verdict={verifier.verdict} anchor={verifier.anchor} /> : <p className="muted">{w.wanted}</p>}
      </div>
      {keep ? (
        <p className="muted">
          <a href={keep} download="salus-verify.html">
            {w.keep}
          </a>
          . {w.keep_text}
        </p>
      ) : null}
    </div>
  );
}
