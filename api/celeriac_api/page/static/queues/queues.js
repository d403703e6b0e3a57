// The queues: how much waits in each and for how long, who serves it, how it moves, and what can be done with it.

import { may } from "../api/caller.js";
import { badge, el, empty, setText } from "../elements/dom.js";
import { chart } from "./chart.js";
import { facts } from "../elements/facts.js";
import { keyed } from "../elements/keyed.js";
import { polled } from "../frame/polled.js";
import { pause, purge, resume } from "./queue_actions.js";
import { address } from "../frame/router.js";
import { starts } from "./starts.js";
import { span } from "../elements/times.js";

const SAMPLES = 60;
// What the API says of a queue that is not going to be empty.
const NEVER_SECONDS = 31536000;

export function show(main) {
  const list = el("div", { class: "queues" }), started = starts();
  const cards = keyed(list, (queue) => queue.name, () => card(() => view.reload()));
  const view = polled(main, {
    path: "/queues",
    title: "Queues",
    list,
    fill: (queues) => cards.fill(queues.map((queue) => ({ ...queue, rate: started.rate(queue.name) }))),
    nothing: () => empty("No queue is known yet: a queue appears when the first task is accepted on it."),
  });
  return { end: () => (view.end(), started.end()), back: view.back };
}

function card(reload) {
  let queue = null, depths = [], rates = [];
  const link = el("a"), paused = badge("paused"), told = facts();
  const hold = button("Pause", () => (queue.paused ? resume : pause)(queue, reload));
  const clear = button("Purge", () => purge(queue, reload), "grave");
  const depth = chart("Waiting, last 2 minutes", SAMPLES), rate = chart("Started per second", SAMPLES, perSecond);
  const title = el("div", { class: "title" }, el("h2", {}, link), paused, el("div", { class: "actions" }, hold, clear));
  const node = el("section", { class: "queue" }, title, told.node, el("div", { class: "charts" }, depth.node, rate.node));

  function fill(given) {
    queue = given;
    node.setAttribute("aria-label", `Queue ${queue.name}`);
    setText(link, queue.name);
    link.href = address(["tasks"], new URLSearchParams({ queue: queue.name }));
    paused.hidden = !queue.paused;
    hold.hidden = clear.hidden = !may("operate");
    setText(hold, queue.paused ? "Resume" : "Pause");
    told.fill(said(queue));
    depths = [...depths, queue.depth].slice(-SAMPLES);
    rates = [...rates, queue.rate].slice(-SAMPLES);
    depth.fill(depths);
    rate.fill(rates);
  }
  return { node, fill };
}

function said(queue) {
  return [
    ["Waiting", queue.depth.toLocaleString()],
    ["Oldest has waited", queue.depth ? span(queue.oldest_wait_seconds * 1000) : "–"],
    ["Workers", queue.workers ? String(queue.workers) : "none"],
    // Means over the last minute, where the API tells them.
    ["Comes in", isNumber(queue.in_per_second) ? perSecond(queue.in_per_second) : null],
    ["Leaves", isNumber(queue.out_per_second) ? perSecond(queue.out_per_second) : null],
    ["Empty in", queue.depth && queue.drain_seconds < NEVER_SECONDS ? span(queue.drain_seconds * 1000) : null],
  ];
}

function button(label, onclick, kind = null) {
  return el("button", { type: "button", class: kind, onclick }, label);
}

function perSecond(figure) {
  return `${figure >= 10 ? Math.round(figure).toLocaleString() : Math.round(figure * 10) / 10}/s`;
}

function isNumber(value) {
  return typeof value === "number";
}
