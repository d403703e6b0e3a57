// The batches, the newest first: how far each is, and how many of its tasks failed.

import { seesOwners } from "../api/caller.js";
import { emptyWith } from "../elements/command.js";
import { badge, el, setText, table } from "../elements/dom.js";
import { keyed } from "../elements/keyed.js";
import { paged, pages } from "../elements/pages.js";
import { ago, exact } from "../elements/times.js";
import { polled } from "../frame/polled.js";
import { address } from "../frame/router.js";
import { bar } from "./bar.js";
import { stateOf } from "./state.js";

const EXAMPLE = [{ name: "add", input: { x: 1, y: 2 } }, { name: "add", input: { x: 3, y: 4 } }];

export function show(main, query) {
  const body = el("tbody"), more = el("nav", { class: "pages", "aria-label": "Pages" });
  const rows = keyed(body, ({ batch_id: id }) => id, row);
  const columns = ["Batch", "State", "Tasks", "Failed", "Created", ...(seesOwners() ? ["Owner"] : [])];
  const view = polled(main, {
    path: paged("/batches", query),
    title: "Batches",
    list: table("Batches", columns, body),
    fill: (batches, { next_cursor: next }) => {
      rows.fill(batches);
      more.replaceChildren(...pages(["batches"], query, next, ["Newest", "Older"]));
    },
    nothing: () => emptyWith("No batches yet. A batch is many tasks that are submitted together.", {
      method: "POST",
      path: "/batches?label=sums",
      body: EXAMPLE,
    }),
  });
  main.append(more);
  return view;
}

function row() {
  const link = el("a"), id = el("small", { class: "id" }), state = badge(""), counts = bar(), done = el("small", { class: "under" });
  const [failed, created] = [el("td"), el("td")], owner = seesOwners() ? el("td") : null;
  const node = el("tr", {}, el("td", {}, link, id), el("td", {}, state), el("td", {}, counts.node, done), failed, created, owner);
  const fill = (batch) => {
    setText(link, batch.label ?? "(no label)");
    link.href = address(["batches", batch.batch_id]);
    setText(id, batch.batch_id.slice(0, 8));
    state.dataset.state = stateOf(batch);
    setText(state, stateOf(batch));
    counts.fill(batch);
    setText(done, `${counts.ended(batch).toLocaleString()} of ${batch.total.toLocaleString()} ended`);
    setText(failed, batch.counts.failed ? batch.counts.failed.toLocaleString() : "–");
    setText(created, ago(batch.created_at));
    created.title = exact(batch.created_at);
    if (owner) setText(owner, batch.owner ?? "–");
  };
  return { node, fill };
}
