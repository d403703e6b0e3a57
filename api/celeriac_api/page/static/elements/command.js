// An empty list: a sentence, and the command that fills it.

import { el } from "./dom.js";
import { hasKey } from "../api/key.js";

// `method` and `path` of the API, and a body as an object. The command works in a shell on this machine.
export function emptyWith(sentence, { method, path, body }, ...more) {
  const url = new URL(path.slice(1), document.baseURI).href;
  const parts = [
    `curl -X ${method} ${url}`,
    hasKey() ? `-H "Authorization: Bearer $KEY"` : null,
    `-H 'Content-Type: application/json'`,
    `-d '${JSON.stringify(body)}'`,
  ];
  const command = parts.filter(Boolean).join(" \\\n  ");
  return el(
    "div",
    { class: "empty" },
    el("p", {}, sentence, ...more),
    el("pre", { class: "value", tabindex: "0", "aria-label": "Command" }, command),
  );
}
