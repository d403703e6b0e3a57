// A view that asks for a list every few seconds, and says politely when there is none.

import { json } from "./api/requests.js";
import { el, empty, heading, loading } from "./elements/dom.js";

const EVERY_MS = 2000;

// `list` is shown while `fill(items)` finds something to fill it with. `reload` asks at once.
export function polled(main, { path, title, list, fill, nothing }) {
  let over = false, timer = null, isThere = false;
  const none = el("div", {}, loading());
  main.append(el("div", { class: "title" }, heading(title)), list, none);
  list.hidden = true;

  async function load() {
    clearTimeout(timer);
    if (!document.hidden) await ask();
    clearTimeout(timer);
    if (!over) timer = setTimeout(load, EVERY_MS);
  }

  async function ask() {
    try {
      const { items } = await json(path);
      if (over) return;
      fill(items);
      isThere = true;
      list.hidden = !items.length;
      none.replaceChildren(...(items.length ? [] : [empty(nothing)]));
    } catch (problem) {
      // What was there stays; the status line says that it may be old.
      if (!over && !isThere) none.replaceChildren(empty(problem.message));
    }
  }

  load();
  const end = () => {
    over = true;
    clearTimeout(timer);
  };
  return { end, back: load, reload: load };
}
