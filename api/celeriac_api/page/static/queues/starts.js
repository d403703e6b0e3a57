// How many tasks of a queue are started per second, counted from the events since it was asked last.

import { follow } from "../api/stream.js";

export function starts() {
  const counts = new Map();
  const end = follow("/events?state=running", {
    state: ({ queue }) => counts.has(queue) && counts.get(queue).count++,
  });

  function rate(queue) {
    const now = performance.now(), before = counts.get(queue) ?? { count: 0, since: now };
    counts.set(queue, { count: 0, since: now });
    return now > before.since ? (before.count * 1000) / (now - before.since) : 0;
  }
  return { rate, end };
}
