// SPDX-License-Identifier: Apache-2.0
// Ids of different kinds cannot be mixed up: each carries a brand that only types know.
declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/// A person, device or service on the ledger: 16 random bytes in hex.
export type LedgerId = Branded<string, 'LedgerId'>;
/// A patient's LedgerId.
export type PersonId = LedgerId;
export type DeviceId = Branded<string, 'DeviceId'>;
export type TransactionId = Branded<string, 'TransactionId'>;
export type HeaderHash = Branded<string, 'HeaderHash'>;
export type ConsentRef = Branded<string, 'ConsentRef'>;
export type ReportId = Branded<number, 'ReportId'>;
export type AlarmId = Branded<number, 'AlarmId'>;

// The one place where text (a part of the URL, a choice in a form) becomes an id; the node decides
// whether it exists.
export const as_person_id = (text: string): PersonId => text as PersonId;
export const as_transaction_id = (text: string): TransactionId => text as TransactionId;
/// Nothing unless the text is a whole number.
export const as_report_id = (text: string | null): ReportId | null =>
  text !== null && /^\d{1,15}$/.test(text) ? (Number(text) as ReportId) : null;
