// SPDX-License-Identifier: Apache-2.0
import { useId, useMemo, useState } from 'react';
import { count } from '@/ui/format';
import { QrPicture } from '@/ui/qr';
import { qr_characters_max } from '@/ui/qr_code';
import { words } from '@/words';
import { receipt_as_text } from './qr_code';

const w = words.verify;
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
            <QrPicture text={text} label={w.qr_label(kind)} pixels_max={760} />
            <p className="muted">{w.qr_text}</p>
          </>
        ) : null}
      </div>
    </section>
  );
}
