// SPDX-License-Identifier: Apache-2.0
// The catalogue in use. A translation is one file of the shape of en.ts, chosen here.
import { en } from './en';

export type Words = typeof en;
export const words: Words = en;
export const locale = 'en-GB';
export const direction: 'ltr' | 'rtl' = 'ltr';

/// A word of one of the catalogue's tables for a name the node sent; the name itself, made readable,
/// where this page is older than the node.
export function word_for(table: Readonly<Record<string, string>>, name: string): string {
  return table[name] ?? name.replaceAll('_', ' ');
}
