// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'react';
import { words } from '@/words';
import { make_qr, qr_path, quiet_modules, type QrCode } from './qr_code';
import './qr.css';

/// At most `pixels_max` wide, each module a whole number of pixels. Always dark on white, also in the dark
/// theme: many readers cannot read an inverted code.
export function QrPicture({ text, label, pixels_max }: { text: string; label: string; pixels_max: number }) {
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
      <p className="qr-failed" role="alert">
        {words.qr.failed}
      </p>
    );
  }
  if (!code) return <p className="muted">{words.qr.working}</p>;
  const side = code.size + 2 * quiet_modules;
  const width = side * Math.floor(pixels_max / side);
  return (
    <svg className="qr-picture" role="img" aria-label={label} width={width} viewBox={`0 0 ${side} ${side}`} shapeRendering="crispEdges">
      <rect width={side} height={side} fill="#fff" />
      <path d={qr_path(code)} fill="#000" />
    </svg>
  );
}
