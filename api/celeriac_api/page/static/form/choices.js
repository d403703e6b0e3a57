// The definitions to choose from, and a view that is filled once, however long its API is away.

import { may } from "../api/caller.js";
import { badge, el, empty, heading, loading, setText } from "../elements/dom.js";
import { keyed } from "../elements/keyed.js";
import { polled } from "../frame/polled.js";
import { address } from "../frame/router.js";

// The catalog may be large.
const EVERY_MS = 4000;

// Links to `view` for each definition whose tasks the key may submit, as workers announce them; those that are not
// offered, without a link, where `refused` says so.
export function choices(main, title, view, { refused = false } = {}) {
  const list = el("ul", { class: "cards" });
  const cards = keyed(list, ({ app, name, refusal }) => JSON.stringify([app, name, Boolean(refusal)]), (item) => card(item, view));
  const isShown = ({ name, refusal }) => may("submit", name) && (refused || !refusal);
  const fill = (items) => cards.fill(items.filter(isShown));
  const nothing = () => empty("No tasks are offered yet. They appear here when a worker has announced them.");
  return polled(main, { path: "/catalog", title, list, fill, nothing, every: EVERY_MS });
}

function card({ name, refusal }, view) {
  const said = el("span"), parts = [el("strong", {}, name), said];
  const inside = refusal
    ? el("div", { class: "refused" }, ...parts, badge("not offered"))
    : el("a", { href: address([view, name]) }, ...parts);
  return { node: el("li", {}, inside), fill: (now) => setText(said, now.refusal ?? now.summary) };
}

// `make()` gives the elements. What was typed stays while the API is away. Who is told that it is back while an older
// question is still open asks once more when that one fails.
export function once(main, title, make) {
  let over = false, isThere = false, busy = false, again = false;
  const place = el("div", {}, loading());
  main.append(heading(title), place);

  async function load() {
    if (isThere) return;
    if (busy) return (again = true);
    [busy, again] = [true, false];
    try {
      const parts = await make();
      if (over) return;
      place.replaceChildren(...parts);
      isThere = true;
    } catch (problem) {
      place.replaceChildren(empty(problem.message));
    }
    busy = false;
    if (again && !over) load();
  }

  load();
  return { end: () => (over = true), back: load };
}
