// How many tasks of a queue are started per second: as the API says, or counted from the events.

import { follow } from "./stream.js";

export function starts() {
  const counts = new Map();
  let stop = null;

  function counted({ name }) {
    stop ??= follow("/events?state=running", { state: ({ queue }) => (counts.get(queue) ?? {}).count++ });
    const now = performance.now(), before = counts.get(name) ?? { count: 0, since: now };
    counts.set(name, { count: 0, since: now });
    return now > before.since ? (before.count * 1000) / (now - before.since) : 0;
  }

  return {
    // Asked once for each sample.
    rate: (queue) => (typeof queue.out_per_second === "number" ? queue.out_per_second : counted(queue)),
    end: () => stop?.(),
  };
}
