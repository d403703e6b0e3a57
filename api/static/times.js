// Times as a person reads them: "3 s ago", "1 min 20 s".

const clock = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "medium" });

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
  return passed < 1000 ? "now" : `${span(passed)} ago`;
}

export function exact(moment) {
  return clock.format(new Date(moment));
}

// How long a task ran, or runs; an empty text before its start.
export function took(task) {
  if (!task.started_at) return "";
  const end = task.finished_at ? Date.parse(task.finished_at) : Date.now();
  return span(end - Date.parse(task.started_at));
}
