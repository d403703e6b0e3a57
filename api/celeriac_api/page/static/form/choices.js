// The definitions to choose from, and a view that is filled once, however long its API is away.

import { may } from "../api/caller.js";
import { el, empty, heading, loading } from "../elements/dom.js";
import { address } from "../frame/router.js";

// Links to `view` for each definition whose tasks the key may submit.
export function choices(all, view) {
  const entry = ({ name, summary }) =>
    el("li", {}, el("a", { href: address([view, name]) }, el("strong", {}, name), el("span", {}, summary)));
  return el("ul", { class: "cards" }, ...all.filter(({ name }) => may("submit", name)).map(entry));
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
