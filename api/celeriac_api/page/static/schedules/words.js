// When a schedule is due, in words and as it is written.

import { cronInWords } from "./cron.js";

const DURATION = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const UNITS = ["week", "day", "hour", "minute", "second"];

export function ruleInWords({ cron, every, at }) {
  if (cron) return cronInWords(cron) ?? "by cron";
  if (every) return intervalInWords(every) ?? `every ${every}`;
  return at.length === 1 ? "once" : `at ${at.length.toLocaleString()} moments`;
}

export function ruleAsWritten({ cron, every, at }) {
  return cron ?? every ?? at[0];
}

// null where it is none.
export function intervalInWords(text) {
  const [, ...amounts] = DURATION.exec(text) ?? [];
  const parts = UNITS.map((unit, place) => [Number(amounts[place] ?? 0), unit]).filter(([amount]) => amount);
  if (!parts.length) return null;
  if (parts.length === 1 && parts[0][0] === 1) return `every ${parts[0][1]}`;
  return `every ${parts.map(([amount, unit]) => `${amount} ${unit}${amount === 1 ? "" : "s"}`).join(" ")}`;
}
