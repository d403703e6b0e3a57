// One batch: how far it is, by its events, its tasks, and what can be done with it.

import { seesOwners } from "../api/caller.js";
import { json } from "../api/requests.js";
import { follow } from "../api/stream.js";
import { announce, badge, el, empty, heading, setText } from "../elements/dom.js";
import { facts } from "../elements/facts.js";
import { ago, exact, span } from "../elements/times.js";
import { actions } from "./actions.js";
import { bar } from "./bar.js";
import { items, states } from "./items.js";
import { stateOf } from "./state.js";

const ITEMS_EVERY_MS = 2000;

export function show(main, id, query) {
  let over = false, batch = null, stop = null, timer = null;
  const path = `/batches/${encodeURIComponent(id)}`, chosen = query.get("state");
  const title = heading("Batch"), state = badge(""), buttons = actions(() => batch, load);
  const told = facts(), counts = bar(), filter = states(id, chosen), tasks = items(id, chosen), none = el("div");
  const all = el("div", { hidden: true }, told.node, el("section", { "aria-label": "Counts" }, counts.node, filter.node), tasks.node);
  main.append(
    el("p", { class: "back" }, el("a", { href: "#/batches" }, "All batches")),
    el("div", { class: "title" }, title, state, buttons.node),
    all,
    none,
  );
  buttons.node.hidden = true;

  async function load() {
    try {
      const now = await json(path);
      if (!over) fill(now);
    } catch (problem) {
      if (over || batch) return;
      setText(title, problem.status === 404 ? "Batch not found" : problem.status === 410 ? "Forgotten batch" : "Batch");
      none.replaceChildren(empty(problem.message));
    }
  }

  function fill(now) {
    const isFirst = !batch, before = batch && stateOf(batch);
    batch = now;
    all.hidden = buttons.node.hidden = false;
    none.replaceChildren();
    setText(title, batch.label ?? "Batch");
    document.title = `${batch.label ?? "Batch"}, ${stateOf(batch)} · Celeriac`;
    state.dataset.state = stateOf(batch);
    setText(state, stateOf(batch));
    if (before && before !== stateOf(batch)) announce(`The batch is ${stateOf(batch)}.`);
    told.fill(factsOf(batch));
    counts.fill(batch);
    filter.fill(batch);
    buttons.fill();
    if (isFirst) begin();
    else if (batch.ready) tasks.load(batch);
    else timer ??= setTimeout(() => ((timer = null), tasks.load(batch)), ITEMS_EVERY_MS);
  }

  function begin() {
    tasks.load(batch);
    if (batch.ready) return;
    stop = follow(`${path}/events`, { counts: fill, done: (now) => (stop(), fill(now)), gone: forgotten });
  }

  function forgotten() {
    stop();
    buttons.node.hidden = true;
    none.replaceChildren(empty("This batch was deleted, or has expired. This page is out of date."));
  }

  load();
  const end = () => {
    over = true;
    clearTimeout(timer);
    tasks.end();
    stop?.();
  };
  return { end, back: load };
}

function factsOf(batch) {
  const took = batch.ended_at && span(Date.parse(batch.ended_at) - Date.parse(batch.created_at));
  return [
    ["Id", batch.batch_id],
    ["Tasks", batch.total.toLocaleString(), { note: batch.existing ? `and ${batch.existing.toLocaleString()} items that had a task already` : "" }],
    ["Received", batch.complete ? null : "not all of it yet"],
    ["Cancel", batch.cancel_requested && !batch.ready ? "requested" : null],
    ["Owner", seesOwners() ? batch.owner : null],
    ["Created", ...when(batch.created_at)],
    ["Ended", ...when(batch.ended_at)],
    ["Took", took],
    ["Kept until", ...when(batch.expires_at)],
  ];
}

function when(moment) {
  return moment ? [exact(moment), { note: ago(moment) }] : [null];
}
