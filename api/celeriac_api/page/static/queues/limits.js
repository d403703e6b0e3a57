// The keys that hold tasks back: their rules, how many tasks have a slot, and how many wait.

import { seesOwners } from "../api/caller.js";
import { emptyWith } from "../elements/command.js";
import { el, setText, table } from "../elements/dom.js";
import { keyed } from "../elements/keyed.js";
import { paged, pages } from "../elements/pages.js";
import { ago, exact } from "../elements/times.js";
import { polled } from "../frame/polled.js";
import { buttons } from "./limit_actions.js";
import { holders } from "./limit_holders.js";

const EXAMPLE = { name: "add", input: { x: 4, y: 5 }, concurrency: { key: "acme", limit: 2 } };

export function show(main, query) {
  const body = el("tbody"), more = el("nav", { class: "pages", "aria-label": "Pages" });
  const rows = keyed(body, ({ owner, key }) => JSON.stringify([owner, key]), () => row(() => view.reload()));
  const columns = ["Key", "Rules", "Have a slot", "Wait", ...(seesOwners() ? ["Owner"] : []), ""];
  const view = polled(main, {
    path: paged("/limits", query),
    title: "Limits",
    list: table("Limits", columns, body),
    fill: (limits, { next_cursor: next }) => {
      rows.fill(limits);
      more.replaceChildren(...pages(["limits"], query, next));
    },
    nothing: () => emptyWith("No limits yet. A limit lets a few tasks of a key run at a time.", {
      method: "POST",
      path: "/tasks",
      body: EXAMPLE,
    }),
  });
  main.append(more);
  return view;
}

function row(reload) {
  const key = el("td", { class: "url" }), rule = el("span"), set = el("small", { class: "under" });
  const running = el("span"), held = holders(), waiting = el("span"), next = el("small", { class: "under" });
  const owner = seesOwners() ? el("td") : null, actions = buttons(reload);
  const cells = [key, el("td", {}, rule, set), el("td", {}, running, held.node), el("td", {}, waiting, next)];
  const node = el("tr", {}, ...cells, owner, el("td", {}, actions.node));
  const fill = (limit) => {
    setText(key, limit.key);
    setText(rule, inWords(limit.rules));
    setText(set, limit.override ? `set ${ago(limit.set_at)}; submitted: ${inWords(limit.submitted)}` : "");
    setText(running, limit.running.toLocaleString());
    held.fill(limit);
    setText(waiting, waits(limit));
    setText(next, limit.next_start_at ? `next start ${ago(limit.next_start_at)}` : "");
    next.title = limit.next_start_at ? exact(limit.next_start_at) : "";
    if (owner) setText(owner, limit.owner ?? "–");
    actions.fill(limit);
  };
  return { node, fill };
}

function inWords({ limit, rate, burst }) {
  const parts = [limit === null ? null : `${limit.toLocaleString()} at once`, rate, burst && `burst ${burst.toLocaleString()}`];
  return parts.filter(Boolean).join(" · ") || "none";
}

function waits({ waiting, throttled }) {
  const parts = [waiting && `${waiting.toLocaleString()} for a slot`, throttled && `${throttled.toLocaleString()} to start`];
  return parts.filter(Boolean).join(", ") || "–";
}
