// The queues: how much waits in each, for how long, who serves it, and a small chart of its depth.

import { el } from "./dom.js";
import { polled } from "./polled.js";
import { address } from "./router.js";
import { sparkline } from "./sparkline.js";
import { span } from "./times.js";

const SAMPLES = 60;

export function show(main) {
  const history = new Map();
  return polled(main, {
    path: "/queues",
    title: "Queues",
    columns: ["Queue", "Waiting", "Oldest waits for", "Workers", "Depth, last 2 min"],
    nothing: "No queue is known yet.",
    row(queue) {
      const depths = [...(history.get(queue.name) ?? []), queue.depth].slice(-SAMPLES);
      history.set(queue.name, depths);
      return [name(queue), String(queue.depth), oldest(queue), workers(queue), sparkline(depths, SAMPLES)];
    },
  });
}

function name(queue) {
  const href = address(["tasks"], new URLSearchParams({ queue: queue.name, state: "queued" }));
  const paused = queue.paused ? el("span", { class: "badge", "data-state": "paused" }, "paused") : null;
  return el("span", {}, el("a", { href }, queue.name), " ", paused);
}

function oldest(queue) {
  return typeof queue.oldest_wait_seconds === "number" ? span(queue.oldest_wait_seconds * 1000) : "";
}

function workers({ workers: serving }) {
  return Array.isArray(serving) ? serving.join(", ") || "none" : String(serving ?? "");
}
