import { missing } from "./errors.ts";

// A time is a text in UTC, so that SQLite can order it: `2026-01-31` or `2026-01-31T10:00:00.000Z`.

const SECOND = 1_000;
const DAY = 86_400_000;
const lengths: Record<string, number> = {
  second: SECOND,
  minute: 60 * SECOND,
  hour: 3_600 * SECOND,
  day: DAY,
  week: 7 * DAY,
};
const months: Record<string, number> = { month: 1, quarter: 3, year: 12 };

export const units = [...Object.keys(lengths), ...Object.keys(months)];

/** Units of an hour and less make a date a time; ClickHouse takes whole units only. */
export function isPartOfDay(unit: string): boolean {
  return (lengths[unit] ?? DAY) < DAY;
}

/** A month later than 31 January is the last day of February. */
export function addUnits(time: string, count: number, unit: string): string {
  const date = new Date(time);
  const span = lengths[unit];
  if (span !== undefined) {
    date.setTime(date.getTime() + count * span);
  } else {
    const day = date.getUTCDate();
    date.setUTCDate(1);
    date.setUTCMonth(date.getUTCMonth() + count * (months[unit] ?? 1));
    const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
    date.setUTCDate(Math.min(day, last));
  }
  const iso = date.toISOString();
  if (!/^(19|2[012])/.test(iso)) throw missing("times before 1900 or after 2299");
  return time.length === 10 && !isPartOfDay(unit) ? iso.slice(0, 10) : iso;
}

/** The start of the unit: a time for a day and less, a date for more. Weeks start on Monday or Sunday. */
export function startOf(time: string, unit: string, weekStart: "monday" | "sunday" = "monday"): string {
  const iso = time.length === 10 ? `${time}T00:00:00.000Z` : time;
  if (unit === "second") return `${iso.slice(0, 19)}.000Z`;
  if (unit === "minute") return `${iso.slice(0, 16)}:00.000Z`;
  if (unit === "hour") return `${iso.slice(0, 13)}:00:00.000Z`;
  if (unit === "day") return `${iso.slice(0, 10)}T00:00:00.000Z`;
  if (unit === "month") return `${iso.slice(0, 7)}-01`;
  if (unit === "year") return `${iso.slice(0, 4)}-01-01`;
  const date = new Date(iso);
  if (unit === "week") {
    const back = weekStart === "monday" ? (date.getUTCDay() + 6) % 7 : date.getUTCDay();
    return new Date(date.getTime() - back * DAY).toISOString().slice(0, 10);
  }
  const month = date.getUTCMonth() - (date.getUTCMonth() % 3);
  return `${iso.slice(0, 4)}-${two(month + 1)}-01`;
}

/** How many starts of a unit lie between two times. */
export function unitsBetween(unit: string, from: string, to: string): number {
  return unitNumber(unit, to) - unitNumber(unit, from);
}

function unitNumber(unit: string, time: string): number {
  const date = new Date(time);
  const span = lengths[unit];
  if (unit === "week") return Math.floor((date.getTime() / DAY + 3) / 7); // 1 January 1970 was a Thursday
  if (span !== undefined) return Math.floor(date.getTime() / span);
  return Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth()) / (months[unit] ?? 1));
}

const parts: Record<string, (date: Date) => number> = {
  year: (date) => date.getUTCFullYear(),
  quarter: (date) => Math.floor(date.getUTCMonth() / 3) + 1,
  month: (date) => date.getUTCMonth() + 1,
  dayOfMonth: (date) => date.getUTCDate(),
  dayOfWeek: (date) => date.getUTCDay() || 7, // Monday is 1
  hour: (date) => date.getUTCHours(),
  minute: (date) => date.getUTCMinutes(),
  second: (date) => date.getUTCSeconds(),
  unix: (date) => Math.floor(date.getTime() / SECOND),
  yearMonth: (date) => date.getUTCFullYear() * 100 + date.getUTCMonth() + 1,
  yearMonthDay: (date) => (date.getUTCFullYear() * 100 + date.getUTCMonth() + 1) * 100 + date.getUTCDate(),
};

export function partOf(time: string, part: string): number {
  return parts[part]?.(new Date(time)) ?? 0;
}

const formats: Record<string, (iso: string) => string> = {
  "%Y": (iso) => iso.slice(0, 4),
  "%y": (iso) => iso.slice(2, 4),
  "%m": (iso) => iso.slice(5, 7),
  "%d": (iso) => iso.slice(8, 10),
  "%H": (iso) => iso.slice(11, 13),
  "%i": (iso) => iso.slice(14, 16), // %M is a month's name
  "%S": (iso) => iso.slice(17, 19),
  "%F": (iso) => iso.slice(0, 10),
  "%T": (iso) => iso.slice(11, 19),
  "%%": () => "%",
};

/** The marks in a format that the sandbox does not know. */
export function unknownFormats(format: string): string[] {
  return (format.match(/%./gs) ?? []).filter((mark) => !(mark in formats));
}

export function formatTime(time: string, format: string): string {
  const iso = new Date(time).toISOString();
  return format.replace(/%./gs, (mark) => formats[mark]?.(iso) ?? mark);
}

const iso = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(\.\d{1,9})?)?)? ?(Z|UTC|[+-]\d\d:?\d\d)?$/;

/**
 * As `parseDateTime64BestEffortOrNull` in UTC: null for what is no time. It reads far more forms than this: a text that
 * might be one of them is refused.
 */
export function parseTime(text: string): string | null {
  const [whole, day, minutes = "00:00", seconds = "00", fraction = "", zone = "Z"] = iso.exec(text) ?? [];
  if (whole !== undefined) {
    const offset = /^[+-]/.test(zone) ? zone.replace(/^(...):?/, "$1:") : "Z";
    const date = new Date(`${day}T${minutes}:${seconds}${fraction.slice(0, 4)}${offset}`);
    return Number.isNaN(date.getTime()) || !isDay(day) ? null : date.toISOString();
  }
  if (/^\d{10}$/.test(text)) return new Date(Number(text) * SECOND).toISOString();
  if (/^\d{13}$/.test(text)) return new Date(Number(text)).toISOString();
  if (/\d/.test(text)) throw missing(`a time written as '${text.slice(0, 40)}'`);
  return null;
}

/** As `toDateOrNull`. */
export function parseDate(text: string): string | null {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return isDay(text) ? text : null;
  if (/\d/.test(text)) throw missing(`a date written as '${text.slice(0, 40)}'`);
  return null;
}

/** A text that stands beside a time; undefined when ClickHouse would not read it as one without a function. */
export function timeLiteral(text: string): string | undefined {
  const [whole, day, minutes, seconds = "00", fraction = "", zone] = iso.exec(text) ?? [];
  if (whole === undefined || zone !== undefined || !isDay(day)) return undefined;
  if (minutes === undefined) return `${day}T00:00:00.000Z`;
  const date = new Date(`${day}T${minutes}:${seconds}${fraction.slice(0, 4)}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** No 30th of February. */
function isDay(day = ""): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
