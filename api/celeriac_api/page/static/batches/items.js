// The items of a batch, those that failed first, with their errors.

import { answer } from "../api/requests.js";
import { badge, el, empty, setText, table } from "../elements/dom.js";
import { keyed } from "../elements/keyed.js";
import { address } from "../frame/router.js";
import { STATES } from "./bar.js";

const FIRST = 500, SHOWN = 200;
const ORDER = ["failed", "cancelled", "expired", "running", "retrying", "blocked", "scheduled", "queued", "succeeded", null];

export function items(id, state) {
  let most = FIRST, busy = false, again = false, over = false;
  const body = el("tbody"), rows = keyed(body, ({ number }) => number, row);
  const frame = table("Items", ["Item", "State", "Task", "Error"], body), note = el("p", { class: "note" }), none = el("div");
  const more = el("button", { type: "button", hidden: true, onclick: () => ((most *= 4), load()) }, "Look at more items");
  const node = el("section", { "aria-label": "Tasks of the batch" }, el("h2", {}, "Tasks"), frame, none, el("div", { class: "more" }, more, note));
  frame.hidden = true;
  let total = 0;

  // One question at a time, however fast the counts change.
  async function load() {
    if (busy) return (again = true);
    [busy, again] = [true, false];
    try {
      const response = await answer(`/batches/${encodeURIComponent(id)}/results?limit=${most}`);
      const lines = (await response.text()).split("\n").filter((line) => line.trim());
      if (!over) fill(lines.map((line) => JSON.parse(line)));
    } catch (problem) {
      if (!over && frame.hidden) none.replaceChildren(empty(problem.message));
    }
    busy = false;
    if (again && !over) load();
  }

  function fill(all) {
    const fitting = all.filter((item) => !state || item.state === state);
    const sorted = fitting.sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.number - b.number);
    rows.fill(sorted.slice(0, SHOWN));
    frame.hidden = !sorted.length;
    none.replaceChildren(...(sorted.length ? [] : [empty(state ? `None of these items is ${state}.` : "It has no items.")]));
    more.hidden = all.length >= total;
    const seen = all.length < total ? `The first ${all.length.toLocaleString()} of ${total.toLocaleString()} items were looked at.` : "";
    setText(note, [seen, sorted.length > SHOWN ? `${(sorted.length - SHOWN).toLocaleString()} more are not shown.` : ""].filter(Boolean).join(" "));
  }

  return { node, load: (batch) => ((total = batch.total + batch.existing), load()), end: () => (over = true) };
}

// Links to the tasks of each state, with how many there are.
export function states(id, chosen) {
  const links = new Map(["", ...STATES].map((state) => {
    const href = address(["batches", id], state ? new URLSearchParams({ state }) : undefined);
    return [state, el("a", { href, id: `batch-${state || "all"}`, "data-state": state, "aria-current": (chosen ?? "") === state && "true" })];
  }));
  const node = el("nav", { class: "states", "aria-label": "States" }, ...links.values());
  const fill = ({ counts, total }) => {
    for (const [state, link] of links) {
      link.hidden = Boolean(state) && !counts[state] && state !== chosen;
      setText(link, state ? `${counts[state].toLocaleString()} ${state}` : `${total.toLocaleString()} ${total === 1 ? "task" : "tasks"}`);
    }
  };
  return { node, fill };
}

function row({ number }) {
  const state = badge(""), link = el("a", { class: "id" }), wrong = el("td", { class: "reason" }), name = el("small");
  const node = el("tr", {}, el("td", {}, String(number), " ", name), el("td", {}, state), el("td", {}, link), wrong);
  const fill = (item) => {
    setText(name, item.name ?? "");
    state.dataset.state = item.state ?? "";
    setText(state, item.state ?? "no task");
    setText(link, item.task_id?.slice(0, 8) ?? "–");
    if (item.task_id) link.href = address(["tasks", item.task_id]);
    setText(wrong, item.error ? `${item.error.type}: ${item.error.message}`.slice(0, 300) : "");
  };
  return { node, fill };
}
