// SPDX-License-Identifier: Apache-2.0
// Numbers and dates by Intl, in the catalogue's language and this device's time zone.
import { locale, words } from '@/words';

const integers = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const clock_time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const short_time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
const day_time = new Intl.DateTimeFormat(locale, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const day_clock = new Intl.DateTimeFormat(locale, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const zoned_time = new Intl.DateTimeFormat(locale, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
});
const full_time = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long' });
const date_only = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
const bytes_digits = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const lists = new Intl.ListFormat(locale, { type: 'conjunction' });

export const count = (value: number): string => integers.format(value);
export const time = (ms: number): string => clock_time.format(ms);
export const minutes = (ms: number): string => short_time.format(ms);
/// The day stands with it unless it is today.
export function moment(ms: number, now_ms: number = Date.now()): string {
  const same_day = new Date(ms).toDateString() === new Date(now_ms).toDateString();
  return same_day ? clock_time.format(ms) : day_time.format(ms);
}
/// A period: the day once, seconds at both ends or at neither.
export function span(from_ms: number, to_ms: number, now_ms: number = Date.now()): string {
  const day = (ms: number): string => new Date(ms).toDateString();
  const whole = from_ms % 60_000 === 0 && to_ms % 60_000 === 0;
  const today = whole ? short_time : clock_time;
  const other_day = whole ? day_time : day_clock;
  const from = (day(from_ms) === day(now_ms) ? today : other_day).format(from_ms);
  const to = (day(to_ms) === day(from_ms) ? today : other_day).format(to_ms);
  return `${from} – ${to}`;
}
/// For what is kept as evidence: the day, the second and the zone.
export const stamp = (ms: number): string => zoned_time.format(ms);
export const full = (ms: number): string => full_time.format(ms);
export const date = (ms: number): string => date_only.format(ms);

/// "12 s", "3 min", "2 h 5 min", "4 d": one or two units, as people say it.
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return words.units.seconds(count(seconds));
  const whole_minutes = Math.floor(seconds / 60);
  if (whole_minutes < 120) return words.units.minutes(count(whole_minutes));
  const hours = Math.floor(whole_minutes / 60);
  if (hours < 48) {
    const rest = whole_minutes % 60;
    const whole = words.units.hours(count(hours));
    return rest === 0 ? whole : `${whole} ${words.units.minutes(count(rest))}`;
  }
  return words.units.days(count(Math.floor(hours / 24)));
}

export function bytes(value: number): string {
  let rest = value;
  let unit = 0;
  while (rest >= 1000 && unit < words.units.bytes.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  return `${bytes_digits.format(rest)} ${words.units.bytes[unit] ?? ''}`;
}

const one_decimal = new Set(['body_temperature', 'ambient_temperature']);
const numbers = [0, 1].map(
  (digits) => new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);
/// A vital's value with as many digits as its monitors show.
export function vital_value(vital: string, value: number): string {
  return (numbers[one_decimal.has(vital) ? 1 : 0] as Intl.NumberFormat).format(value);
}

/// The first and last digits of a long id.
export const short_id = (id: string): string => (id.length <= 20 ? id : `${id.slice(0, 10)}…${id.slice(-6)}`);

export const list_of = (items: readonly string[]): string => lists.format(items);

/// A name as it stands inside a sentence: "Heart rate" becomes "heart rate", "ECG" and "PM2.5" stay.
export const within_sentence = (name: string): string =>
  /^\p{Lu}\p{Ll}/u.test(name) ? name.charAt(0).toLocaleLowerCase() + name.slice(1) : name;
