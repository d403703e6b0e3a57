// Times as a person reads them: "3 s ago", "1 min 20 s".

const clock = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "medium" });
const TIME = { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 };
const fineClock = new Intl.DateTimeFormat([], TIME);

export function span(milliseconds) {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

export function ago(iso) {
  const passed = Date.now() - Date.parse(iso);
  if (passed < -1000) return `in ${span(-passed)}`;
  if (passed < 1000) return "now";
  return passed < 60_000 ? `${Math.floor(passed / 1000)} s ago` : `${span(passed)} ago`;
}

export function exact(moment) {
  return clock.format(new Date(moment));
}

// The same in this time zone; an empty text where it is the browser's own, or one that the browser does not know.
export function exactIn(moment, zone) {
  if (!zone || zone === clock.resolvedOptions().timeZone) return "";
  try {
    const there = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "medium", timeZone: zone });
    return `${there.format(new Date(moment))} in ${zone}`;
  } catch {
    return "";
  }
}

// The time of day alone.
export function fine(moment) {
  return fineClock.format(new Date(moment));
}

// How long a task ran, or runs; an empty text while it does neither.
export function took(task) {
  if (!task.started_at || (!task.ended_at && task.state !== "running")) return "";
  const end = task.ended_at ? Date.parse(task.ended_at) : Date.now();
  return span(end - Date.parse(task.started_at));
}
