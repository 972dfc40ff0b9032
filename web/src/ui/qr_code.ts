// SPDX-License-Identifier: Apache-2.0
// Text as a QR code, and the code as one SVG path.

/// Alphanumeric characters in version 40 at error correction L. Source: ISO/IEC 18004.
export const qr_characters_max = 4_296;
/// Light modules on each side that a reader needs. Source: ISO/IEC 18004.
export const quiet_modules = 4;

export interface QrCode {
  /// Modules on a side, without the quiet zone.
  size: number;
  /// Whether the module is dark, row by row.
  dark: Uint8Array;
}

/// The smallest code that holds `text`, which has at most `qr_characters_max` characters of the QR
/// alphanumeric set. The encoder is fetched only when this is called.
export async function make_qr(text: string): Promise<QrCode> {
  const { create } = await import('qrcode');
  const { modules } = create([{ data: text, mode: 'alphanumeric' }], { errorCorrectionLevel: 'L' });
  return { size: modules.size, dark: Uint8Array.from(modules.data) };
}

/// The dark modules as one SVG path, a run of them in a row at a time, moved in by the quiet zone.
export function qr_path({ size, dark }: QrCode): string {
  let path = '';
  for (let y = 0; y < size; ++y) {
    for (let x = 0; x < size; ++x) {
      if (!dark[y * size + x]) continue;
      const from = x;
      while (x + 1 < size && dark[y * size + x + 1]) ++x;
      const length = x + 1 - from;
      path += `M${from + quiet_modules} ${y + quiet_modules}h${length}v1h-${length}z`;
    }
  }
  return path;
}
