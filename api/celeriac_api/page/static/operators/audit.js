// Who changed what: the newest entries of the audit trail, for whoever may read it.

import { el, empty, setText, table } from "../elements/dom.js";
import { keyed } from "../elements/keyed.js";
import { polled } from "../frame/polled.js";
import { ago, exact } from "../elements/times.js";

export function show(main) {
  const body = el("tbody");
  const rows = keyed(body, (entry) => `${entry.at} ${entry.request_id} ${entry.target}`, row);
  return polled(main, {
    path: "/audit",
    title: "Audit",
    list: table("Audit", ["When", "Action", "Target", "Caller", "From", "Answer"], body),
    fill: rows.fill,
    nothing: () => empty("Nothing was changed yet."),
  });
}

function row({ at, action, target, caller, name, owner, client, status }) {
  const when = el("td", { title: exact(at) });
  const known = owner === name || owner === "" ? `${caller} ${name}` : `${caller} ${name} of ${owner}`;
  const who = caller === "open" ? "no key" : known;
  const cells = [action.replaceAll("_", " "), target, who, client, String(status)].map((text) => el("td", {}, text));
  return { node: el("tr", {}, when, ...cells), fill: () => setText(when, ago(at)) };
}
