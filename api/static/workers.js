// The workers: what each serves, what it runs, and when it was last heard of.

import { el } from "./dom.js";
import { polled } from "./polled.js";
import { address } from "./router.js";
import { ago } from "./times.js";

export function show(main) {
  return polled(main, {
    path: "/workers",
    title: "Workers",
    columns: ["Worker", "Queues", "Runs", "Seen", "Started"],
    nothing: "No worker is running. Tasks are accepted and wait until one starts.",
    row: (worker) => [
      worker.name,
      (worker.queues ?? []).join(", "),
      running(worker),
      worker.seen_at ? ago(worker.seen_at) : "",
      worker.started_at ? ago(worker.started_at) : "",
    ],
  });
}

function running({ running: now, concurrency }) {
  const of = concurrency ? ` of ${concurrency}` : "";
  if (!Array.isArray(now)) return `${now ?? 0}${of}`;
  const links = now.flatMap((task) => {
    const id = typeof task === "string" ? task : task.task_id;
    return [" ", el("a", { class: "id", href: address(["tasks", id]) }, id.slice(0, 8))];
  });
  return el("span", {}, `${now.length}${of}`, ...links);
}
