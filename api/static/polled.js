// A view that asks for a list every few seconds, and says politely when there is none.

import { json } from "./api.js";
import { el, empty, heading, loading, table } from "./dom.js";

const EVERY_MS = 2000;

// `row(item)` gives the cells of one line: texts or elements.
export function polled(main, { path, title, columns, row, nothing }) {
  let over = false, timer = null;
  const place = el("div", {}, loading());
  main.append(el("div", { class: "title" }, heading(title)), place);

  async function load() {
    let wait = EVERY_MS;
    if (!document.hidden) {
      try {
        const { items } = await json(path);
        if (!over) fill(items);
      } catch (problem) {
        if (over) return;
        const absent = problem.status === 404;
        place.replaceChildren(empty(absent ? "Not available: this API does not tell." : problem.message));
        if (absent) wait = 60_000;
      }
    }
    if (!over) timer = setTimeout(load, wait);
  }

  function fill(items) {
    const lines = items.map((item) => el("tr", {}, ...row(item).map((cell) => el("td", {}, cell ?? ""))));
    const list = items.length ? table(title, columns, el("tbody", {}, ...lines)) : empty(nothing);
    place.replaceChildren(list);
  }

  load();
  const end = () => {
    over = true;
    clearTimeout(timer);
  };
  return { end, back: () => {} };
}
