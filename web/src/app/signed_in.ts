// SPDX-License-Identifier: Apache-2.0
// Whether somebody was signed in in this tab, so that the end of a session can be told from a first visit.
// It survives a reload, and holds no more than that: no name, no token.
const key = 'salus-signed-in';

// Without storage the page asks to sign in, only without saying why.
export function note_signed_in(signed_in: boolean): void {
  try {
    if (signed_in) sessionStorage.setItem(key, '1');
    else sessionStorage.removeItem(key);
  } catch {
    return;
  }
}
export function was_signed_in(): boolean {
  try {
    return sessionStorage.getItem(key) === '1';
  } catch {
    return false;
  }
}
