// SPDX-License-Identifier: Apache-2.0
// CSV after RFC 4180. A cell that a spreadsheet would take for a formula gets a leading apostrophe.

const quoted = (text: string): string => {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

export const csv_of = (rows: readonly (readonly (string | number | boolean)[])[]): string =>
  rows.map((row) => row.map((cell) => quoted(String(cell))).join(',')).join('\r\n') + '\r\n';
