// @ts-check
/** Numbers as people read them. What is not known is a dash, never 0. */

const UNKNOWN = "–";
const COUNT = new Intl.NumberFormat("en-US");

export const count = (number) => (number === null || number === undefined ? UNKNOWN : COUNT.format(number));

/** Dollars: as many digits as tell something. */
export function money(usd) {
  if (usd === null || usd === undefined) return UNKNOWN;
  if (usd === 0) return "$0";
  const size = Math.abs(usd);
  if (size < 0.000001) return "<$0.000001";
  if (size < 0.0001) return `$${usd.toFixed(7).replace(/0+$/, "")}`;
  return `$${usd.toFixed(size < 0.01 ? 5 : size < 1 ? 4 : 2)}`;
}

/** A price for a million tokens. */
export const price = (usd) => (usd === 0 ? "$0" : `$${usd.toFixed(usd < 0.095 ? 3 : 2)}`);

export function seconds(ms) {
  if (ms === null || ms === undefined) return UNKNOWN;
  const s = ms / 1000;
  if (s < 10) return `${s.toFixed(2)} s`;
  if (s < 60) return `${s.toFixed(1)} s`;
  return `${Math.floor(s / 60)} min ${String(Math.floor(s % 60)).padStart(2, "0")} s`;
}

/** 128000 → 128K, 1048576 → 1M */
export function short(number) {
  if (number === null || number === undefined) return UNKNOWN;
  if (number >= 1e6) return `${Number((number / 1e6).toFixed(1))}M`;
  return number >= 1000 ? `${Math.round(number / 1000)}K` : String(number);
}

export function bytes(number) {
  if (number < 1000) return `${number} B`;
  return number < 1e6 ? `${Math.round(number / 1000)} KB` : `${(number / 1e6).toFixed(1)} MB`;
}

export const percent = (number) => (number === null || number === undefined ? UNKNOWN : `${number > 0 ? "+" : ""}${Number(number.toFixed(1))}%`);

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

/** @param {string | number} when */
export function time(when) {
  const date = new Date(when);
  return date.toDateString() === new Date().toDateString() ? TIME.format(date) : DATE.format(date);
}
