// SPDX-License-Identifier: Apache-2.0
// The anchor this browser trusts from now on. Another one is never taken silently.

const name = 'salus-anchor';

export interface Pin {
  text: string;
  from_node: boolean;
  since_ms: number;
}

export function read_pin(): Pin | null {
  try {
    const stored = localStorage.getItem(name);
    if (!stored) return null;
    const pin = JSON.parse(stored) as Partial<Pin>;
    if (typeof pin.text !== 'string' || typeof pin.since_ms !== 'number') return null;
    return { text: pin.text, from_node: pin.from_node === true, since_ms: pin.since_ms };
  } catch {
    // Storage is blocked or holds something else: nothing is pinned, and the page says so.
    return null;
  }
}

/// Nothing if the browser refuses to store it.
export function pin(text: string, from_node: boolean): Pin | null {
  const pinned = { text, from_node, since_ms: Date.now() };
  try {
    localStorage.setItem(name, JSON.stringify(pinned));
    return pinned;
  } catch {
    // Storage is blocked: the anchor serves for this visit, and is shown as not pinned.
    return null;
  }
}

export function forget_pin(): void {
  try {
    localStorage.removeItem(name);
  } catch {
    // Storage is blocked: there was nothing to forget.
    return;
  }
}
