// The last lines of a text that grows, however fast. What is new is written once a frame, in elements of its own: so only
// that is laid out, and what stands there already is not.

import { el, setText } from "../elements/dom.js";

const MOST_LINES = 1000;
const MOST_CHARACTERS = 200_000;
// A line that is longer stands in several elements.
const LONGEST = 4000;

// `add(text)` goes on where the text ended; it need not end with a line.
export function lines(label, attributes = {}) {
  const pre = el("pre", { class: "value lines", tabindex: "0", "aria-label": label, ...attributes });
  const note = el("p", { class: "note", hidden: true });
  let waiting = "", shown = 0, left = 0;

  function add(text) {
    if (!waiting) requestAnimationFrame(write);
    waiting += text;
    // A tab that is not looked at has no frames.
    if (waiting.length > MOST_CHARACTERS) write();
  }

  function write() {
    if (!waiting) return;
    const follows = pre.scrollTop + pre.clientHeight >= pre.scrollHeight - 8;
    const fresh = pieces(takeOpenLine() + waiting);
    waiting = "";
    const kept = fresh.slice(-MOST_LINES);
    for (const one of fresh.slice(0, -MOST_LINES)) leaveOut(one);
    pre.append(...kept.map((one) => el("span", {}, one)));
    shown += kept.reduce((sum, one) => sum + one.length, 0);
    while (pre.childElementCount > MOST_LINES || shown > MOST_CHARACTERS) leaveOut(take(pre.firstElementChild));
    if (follows) pre.scrollTop = pre.scrollHeight;
  }

  function takeOpenLine() {
    const last = pre.lastElementChild;
    return last && !last.textContent.endsWith("\n") ? take(last) : "";
  }

  function take(line) {
    line.remove();
    shown -= line.textContent.length;
    return line.textContent;
  }

  function leaveOut(line) {
    left += line.endsWith("\n") ? 1 : 0;
    note.hidden = false;
    setText(note, left ? `${left.toLocaleString()} older ${left === 1 ? "line is" : "lines are"} left out.` : "The beginning is left out.");
  }

  return { node: el("div", {}, note, pre), add };
}

// Lines with their ends; one that is too long is parted, at a blank if it has one.
function pieces(text) {
  const found = [];
  for (let start = 0, stop; start < text.length; start = stop) {
    const end = text.indexOf("\n", start) + 1 || text.length;
    stop = end - start > LONGEST ? parting(text, start) : end;
    found.push(text.slice(start, stop));
  }
  return found;
}

function parting(text, start) {
  const stop = start + LONGEST, blank = text.lastIndexOf(" ", stop - 1) + 1;
  if (blank > start) return blank;
  // The two halves of a character stay together.
  return /[\ud800-\udbff]/.test(text[stop - 1]) ? stop - 1 : stop;
}
