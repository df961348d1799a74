/** Figures as people read them. Whole minor units stay whole: nothing is divided. *Pure.* */
import { exponentOf } from "../../../domain/money.ts";

/** Past 2^53 the API sends digits. */
export type Minor = number | string;

const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");

/** `123456, "USD"` → `1,234.56`; of a currency that nobody knows the minor units, as such. */
export const amountText = (minor: Minor, currency: string | null): string => {
  const text = String(minor);
  const sign = text.startsWith("-") ? "−" : "";
  const digits = text.replace("-", "");
  const exponent = currency === null ? null : exponentOf(currency);
  if (exponent === null || exponent === 0) return sign + grouped(digits);
  const padded = digits.padStart(exponent + 1, "0");
  return `${sign}${grouped(padded.slice(0, -exponent))}.${padded.slice(-exponent)}`;
};

export const moneyText = (minor: Minor, currency: string | null): string =>
  `${amountText(minor, currency)} ${currency ?? "minor units"}`;

export const countText = (count: number): string => grouped(String(count));

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
] as const;

/** `3 d 4 h`: the two greatest units. Below a second: `0 s`. */
export const spanText = (ms: number): string => {
  let left = Math.max(0, ms);
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0 || (unit === "s" && parts.length === 0)) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ");
};

const two = (n: number): string => String(n).padStart(2, "0");

/** UTC, as the journal has it: `2026-01-31 08:05:09`. */
export const instantText = (at: number): string => {
  const date = new Date(at);
  return `${dayText(at)} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
};
export const dayText = (at: number): string => {
  const date = new Date(at);
  return `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
};

/** `past_due` → `past due`. */
export const words = (name: string): string => name.replaceAll(/[_-]/g, " ");

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${countText(count)} ${count === 1 ? one : many}`;
