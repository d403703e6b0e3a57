// A view that asks for a list every few seconds, and says politely when there is none.

import { json } from "../api/requests.js";
import { el, empty, heading, loading } from "../elements/dom.js";

const EVERY_MS = 2000;

// Calls `ask` now and every few seconds, one call at a time; not while nobody looks.
export function repeated(ask, every = EVERY_MS) {
  let over = false, timer = null;

  async function load() {
    clearTimeout(timer);
    if (!document.hidden) await ask();
    clearTimeout(timer);
    if (!over) timer = setTimeout(load, every);
  }

  load();
  const end = () => {
    over = true;
    clearTimeout(timer);
  };
  return { end, back: load, reload: load, isOver: () => over };
}

// `list` is shown while `fill(items, answer)` finds something to fill it with. `nothing()` gives what an empty list shows;
// `beside` is in the line of the title. `reload` asks at once.
export function polled(main, { path, title, list, fill, nothing, beside = null, every }) {
  let isThere = false;
  const none = el("div", {}, loading());
  main.append(el("div", { class: "title" }, heading(title), ...(beside ? [beside] : [])), list, none);
  list.hidden = true;

  async function ask() {
    try {
      const answer = await json(path);
      if (view.isOver()) return;
      const wasEmpty = isThere && list.hidden;
      fill(answer.items, answer);
      isThere = true;
      list.hidden = !answer.items.length;
      if (answer.items.length) none.replaceChildren();
      else if (!wasEmpty) none.replaceChildren(nothing());
    } catch (problem) {
      // What was there stays; the status line says that it may be old.
      if (!view.isOver() && !isThere) none.replaceChildren(empty(problem.message));
    }
  }

  const view = repeated(ask, every);
  return view;
}
