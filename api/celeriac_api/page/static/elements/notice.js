// Says for a moment what was done, to who sees it and to who hears it. It lies over the page and moves nothing.

import { el } from "./dom.js";

const STAYS_MS = 6000;

let timer = null;
let coming = null;

export function notice(text) {
  clear();
  place().append(el("span", {}, text));
  timer = setTimeout(clear, STAYS_MS);
}

// For who is led to another view: it is said there.
export function noticeThere(text) {
  coming = text;
}

// Called when another view is shown.
export function turn() {
  clear();
  if (coming) notice(coming);
  coming = null;
}

function clear() {
  clearTimeout(timer);
  place().replaceChildren();
}

function place() {
  return document.getElementById("notice");
}
