// JSON as it came, digit for digit: laid out from its text, never through a number of JavaScript. Long values are folded.

import { el, setText } from "../elements/dom.js";

const FIRST = 4_000;
// A browser that is to lay out more than this in one piece stands still for a second.
const MOST = 256_000;
const LAYOUT_MOST = 200_000;
const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g;

// The same JSON with line breaks; numbers and strings stay letter for letter.
export function laidOut(text) {
  if (text.length > LAYOUT_MOST) return text;
  let depth = 0, out = "", last = "";
  const line = () => `\n${"  ".repeat(depth)}`;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "]" || token === "}") {
      depth -= 1;
      out += last === "[" || last === "{" ? token : line() + token;
    } else {
      if ((last === "[" || last === "{" || last === ",") && out) out += line();
      out += token;
      if (token === "[" || token === "{") depth += 1;
      if (token === ":") out += " ";
    }
    last = token;
  }
  return out;
}

// A block that shows the beginning of a long text, four times as much at each wish, and up to `MOST` at all.
export function folded(text, label) {
  let shown = FIRST;
  const pre = el("pre", { class: "value", tabindex: "0", "aria-label": label });
  const more = el("button", { type: "button", onclick: () => fill((shown = Math.min(shown * 4, MOST))) });
  const rest = el("p", { class: "note" });
  const fill = () => {
    setText(pre, text.slice(0, shown));
    const isLong = text.length > shown;
    more.hidden = !isLong || shown === MOST;
    rest.hidden = !isLong;
    setText(more, "Show more");
    setText(rest, `The first ${shown.toLocaleString()} of ${text.length.toLocaleString()} characters.`);
  };
  fill();
  return el("div", { class: "folded" }, pre, el("div", { class: "more" }, more, rest));
}

// A heading with a button that saves the whole text as a file, as it came.
export function saveable(title, text, file) {
  const save = () => {
    const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    el("a", { href, download: file }).click();
    URL.revokeObjectURL(href);
  };
  const button = el("button", { type: "button", class: "quiet", onclick: save, "aria-label": `Save ${file}` }, "Save");
  return el("div", { class: "heading" }, el("h2", {}, title), button);
}
