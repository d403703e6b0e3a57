// Names with values, such as "Queue: default"; what has no value is left out.

import { el, setText } from "./dom.js";
import { keyed } from "./keyed.js";

export function facts() {
  const node = el("dl", { class: "facts" });
  const list = keyed(node, ([name]) => name, pair);
  return { node, fill: (pairs) => list.fill(pairs.filter(([, value]) => value)) };
}

// A value is a text, which may lead somewhere and have a note: [name, value, {href, note, title}].
function pair([name, , { href } = {}]) {
  const value = el(href ? "a" : "span", { href }), note = el("small");
  const node = el("div", {}, el("dt", {}, name), el("dd", {}, value, " ", note));
  const fill = ([, said, { note: noted = "", title = "" } = {}]) => {
    setText(value, said);
    setText(note, noted);
    if (title) value.title = title;
  };
  return { node, fill };
}
