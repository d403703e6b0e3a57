// A cron expression in words, such as "at 02:30 on Monday to Friday". What it does not know stays as it is written.

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS = ["", ..."January February March April May June July August September October November December".split(" ")];
const NTH = ["", "first", "second", "third", "fourth", "fifth"];
const WHOLE = { minute: 60, hour: 24 };
const MOST_TIMES = 4;

// null where the words would not be certain.
export function cronInWords(expression) {
  const [minute, hour, day, month, weekday, ...more] = expression.trim().split(/\s+/);
  try {
    if (more.length) return null;
    // Of two rules for the day, cron takes either; a star with a step is in no words here.
    const days = [onDays(day), onWeekdays(weekday)].filter(Boolean).join(" or ");
    const time = atTime(minute, hour);
    return [days || !time.startsWith("at ") ? time : `every day ${time}`, days, inMonths(month)].filter(Boolean).join(" ");
  } catch {
    return null;
  }
}

function atTime(minute, hour) {
  const minutes = numbers(minute, 59), hours = numbers(hour, 23);
  if (minutes && hours && minutes.length * hours.length <= MOST_TIMES) {
    return `at ${joined(hours.flatMap((h) => minutes.map((m) => `${two(h)}:${two(m)}`)))}`;
  }
  if (hour === "*" && minutes) return minutes.join() === "0" ? "every hour" : `every hour at minute ${joined(minutes)}`;
  const often = every(minute, "minute");
  const when = hour === "*" ? "" : isRange(hour) ? ` in the hours ${joined(spans(hour, two))}` : ` of ${every(hour, "hour")}`;
  if (often) return often + when;
  if (minutes && every(hour, "hour")) return minutes.join() === "0" ? every(hour, "hour") : `at minute ${joined(minutes)} of ${every(hour, "hour")}`;
  if (minutes && isRange(hour)) return `at minute ${joined(minutes)}${when}`;
  throw new Error(minute);
}

function onDays(day) {
  if (day === "*") return "";
  if (day === "L") return "on the last day of the month";
  return `on day ${joined(spans(day, String))} of the month`;
}

function onWeekdays(weekday) {
  if (weekday === "*") return "";
  const [, name, nth] = /^(\w+)#([1-5])$/.exec(weekday) ?? [];
  if (nth) return `on the ${NTH[nth]} ${dayName(name)} of the month`;
  const [, last] = /^(\d)L$/.exec(weekday) ?? [];
  if (last) return `on the last ${dayName(last)} of the month`;
  return `on ${joined(spans(weekday, dayName))}`;
}

function inMonths(month) {
  return month === "*" ? "" : `in ${joined(spans(month, monthName))}`;
}

function every(part, unit) {
  if (part === "*") return `every ${unit}`;
  const [, step] = /^\*\/(\d+)$/.exec(part) ?? [];
  if (!step) return "";
  // Else the last step of each hour or day is shorter.
  if (WHOLE[unit] % Number(step)) throw new Error(part);
  return step === "1" ? `every ${unit}` : `every ${step} ${unit}s`;
}

// Single numbers, in their order; null where there is anything else.
function numbers(part, most) {
  const all = part.split(",");
  if (!all.every((one) => /^\d+$/.test(one))) return null;
  if (all.some((one) => Number(one) > most)) throw new Error(part);
  return all.map(Number).sort((a, b) => a - b);
}

function isRange(part) {
  return /^[\d,-]+$/.test(part);
}

function spans(part, named) {
  return part.split(",").map((one) => {
    const [from, to, ...more] = one.split("-");
    if (more.length || one.includes("/")) throw new Error(one);
    return to === undefined ? named(from) : `${named(from)} to ${named(to)}`;
  });
}

function dayName(text) {
  return named(text, DAYS);
}

function monthName(text) {
  return named(text, MONTHS);
}

function named(text, names) {
  const found = /^\d+$/.test(text) ? names[Number(text)] : names.find((name) => name && name.slice(0, 3).toUpperCase() === text.toUpperCase());
  if (!found) throw new Error(text);
  return found;
}

function joined(texts) {
  return texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}`;
}

function two(number) {
  return String(number).padStart(2, "0");
}
