// SPDX-License-Identifier: Apache-2.0
import { useEffect, useId, useMemo, useState } from 'react';
import { count } from '@/ui/format';
import { words } from '@/words';
import { make_qr, qr_characters_max, qr_path, quiet_modules, receipt_as_text, type QrCode } from './qr_code';

const w = words.verify;
/// So many pixels wide at most, by our choice: the densest code still has four for each module.
const pixels_max = 760;

/// Always dark on white, also in the dark theme: many readers cannot read an inverted code.
function Code({ text, label }: { text: string; label: string }) {
  const [code, set_code] = useState<QrCode | null>(null);
  const [failed, set_failed] = useState(false);
  useEffect(() => {
    let wanted = true;
    make_qr(text).then(
      (made) => wanted && set_code(made),
      () => wanted && set_failed(true),
    );
    return () => {
      wanted = false;
    };
  }, [text]);
  if (failed) {
    return (
      <p className="fault" role="alert">
        {w.qr_failed}
      </p>
    );
  }
  if (!code) return <p className="muted">{w.working}</p>;
  const side = code.size + 2 * quiet_modules;
  const width = side * Math.floor(pixels_max / side);
  return (
    <svg className="qr" role="img" aria-label={label} width={width} viewBox={`0 0 ${side} ${side}`} shapeRendering="crispEdges">
      <rect width={side} height={side} fill="#fff" />
      <path d={qr_path(code)} fill="#000" />
    </svg>
  );
}

/// Offers a receipt that could be read as a QR code, or says why it cannot be one.
export function ReceiptQr({ receipt, kind }: { receipt: Uint8Array | string; kind: string }) {
  const [open, set_open] = useState(false);
  const id = useId();
  const text = useMemo(() => receipt_as_text(receipt), [receipt]);
  if (text.length > qr_characters_max) {
    return <p className="muted">{w.qr_too_large(count(text.length), count(qr_characters_max))}</p>;
  }
  return (
    <section className="qr-part">
      <button type="button" className="plain-button" aria-expanded={open} aria-controls={id} onClick={() => set_open(!open)}>
        {open ? w.qr_hide : w.qr_show}
      </button>
      <div id={id} hidden={!open}>
        {open ? (
          <>
            <Code text={text} label={w.qr_label(kind)} />
            <p className="muted">{w.qr_text}</p>
          </>
        ) : null}
      </div>
    </section>
  );
}
