// JSON as it came, digit for digit: laid out from its text, never through a number of JavaScript. Long values are folded.

import { el, setText } from "./dom.js";

const FIRST = 4_000;
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

// A block that shows the beginning of a long text, and four times as much at each wish.
export function folded(text, label) {
  let shown = FIRST;
  const pre = el("pre", { class: "value", tabindex: "0", "aria-label": label });
  const more = el("button", { type: "button", onclick: () => fill((shown *= 4)) });
  const fill = () => {
    setText(pre, text.slice(0, shown));
    more.hidden = text.length <= shown;
    setText(more, `Show more (${size(shown)} of ${size(text.length)} characters)`);
  };
  fill();
  return el("div", { class: "folded" }, pre, more);
}

function size(number) {
  return Math.min(number, Number.MAX_SAFE_INTEGER).toLocaleString();
}
