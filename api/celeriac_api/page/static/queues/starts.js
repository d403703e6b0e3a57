// How many tasks of a queue are started per second, counted from the events since it was asked last.

import { may } from "../api/caller.js";
import { follow } from "../api/stream.js";

export function starts() {
  const counts = new Map();
  const count = ({ queue }) => counts.has(queue) && counts.get(queue).count++;
  const end = may("read") ? follow("/events?state=running", { state: count }) : () => {};

  function rate(queue) {
    const now = performance.now(), before = counts.get(queue) ?? { count: 0, since: now };
    counts.set(queue, { count: 0, since: now });
    return now > before.since ? (before.count * 1000) / (now - before.since) : 0;
  }
  return { rate, end };
}
