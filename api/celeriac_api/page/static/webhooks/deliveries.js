// The deliveries of webhooks, the newest first: what was sent where, what came of each attempt; they can be sent again.

import { seesOwners } from "../api/caller.js";
import { emptyWith } from "../elements/command.js";
import { badge, el, empty, setText, table } from "../elements/dom.js";
import { keyed } from "../elements/keyed.js";
import { pages } from "../elements/pages.js";
import { ago, exact } from "../elements/times.js";
import { polled } from "../frame/polled.js";
import { address, changed } from "../frame/router.js";
import { attempts } from "./attempts.js";
import { maySend, sendAgain } from "./send_again.js";

const STATES = ["queued", "running", "retrying", "succeeded", "failed", "cancelled"];
const FILTERS = ["state", "task_id", "batch_id", "cursor"];
const EXAMPLE = { name: "add", input: { x: 4, y: 5 }, notify: [{ url: "https://shop.example/hooks/celeriac" }] };

export function show(main, query) {
  const body = el("tbody"), more = el("nav", { class: "pages", "aria-label": "Pages" });
  const rows = keyed(body, ({ delivery_id: id }) => id, () => row(() => view.reload()));
  const columns = ["Subject", "URL", "State", "Attempts", "Created", ...(seesOwners() ? ["Owner"] : []), ""];
  const view = polled(main, {
    path: pathOf(query),
    title: "Webhooks",
    list: table("Deliveries", columns, body),
    fill: (deliveries, { next_cursor: next }) => {
      rows.fill(deliveries);
      more.replaceChildren(...pages(["webhooks"], query, next, ["Newest", "Older"]));
    },
    nothing: () => nothing(query),
    beside: el("a", { class: "button", href: "#/endpoints" }, "Endpoints"),
  });
  main.querySelector(".title").after(filter(query));
  main.append(more);
  return view;
}

function pathOf(query) {
  const asked = new URLSearchParams([...query].filter(([name]) => FILTERS.includes(name)));
  return asked.size ? `/deliveries?${asked}` : "/deliveries";
}

function nothing(query) {
  if (FILTERS.some((name) => query.has(name))) return empty("No delivery fits.");
  return emptyWith("No deliveries yet. A webhook tells a URL that a task has ended.", { method: "POST", path: "/tasks", body: EXAMPLE });
}

function filter(query) {
  const chosen = query.get("state") ?? "";
  const links = ["", ...STATES].map((state) => {
    const href = address(["webhooks"], changed(query, { state, cursor: null }));
    return el("a", { href, id: `deliveries-${state || "all"}`, "data-state": state, "aria-current": chosen === state && "true" }, state || "all");
  });
  return el("section", { class: "filters", "aria-label": "Filters" }, el("nav", { class: "states", "aria-label": "States" }, ...links));
}

function row(reload) {
  let delivery = null;
  const subject = el("a"), kind = el("small", { class: "under id" }), url = el("span"), endpoint = el("a");
  const by = el("small", { class: "under" }, "endpoint ", endpoint), state = badge(""), due = el("small", { class: "under" });
  const tried = attempts(), created = el("td"), owner = seesOwners() ? el("td") : null;
  const again = el("button", { type: "button", class: "quiet", onclick: () => sendAgain(delivery, reload) }, "Send again");
  const node = el(
    "tr",
    {},
    el("td", {}, subject, kind),
    el("td", { class: "url" }, url, by),
    el("td", {}, state, due),
    el("td", {}, tried.node),
    created,
    owner,
    el("td", {}, el("div", { class: "actions" }, again)),
  );
  const fill = (now) => {
    delivery = now;
    setText(subject, delivery.type);
    subject.href = address(delivery.task_id ? ["tasks", delivery.task_id] : ["batches", delivery.batch_id]);
    setText(kind, (delivery.task_id ?? delivery.batch_id).slice(0, 8));
    setText(url, delivery.url);
    by.hidden = !delivery.endpoint;
    setText(endpoint, delivery.endpoint ?? "");
    endpoint.href = address(["endpoints"], seesOwners() && delivery.owner ? new URLSearchParams({ owner: delivery.owner }) : undefined);
    state.dataset.state = delivery.state;
    setText(state, delivery.state);
    setText(due, delivery.due_at ? `next ${ago(delivery.due_at)}` : delivery.retry_of ? "sent again" : "");
    due.title = delivery.due_at ? exact(delivery.due_at) : "";
    tried.fill(delivery);
    setText(created, ago(delivery.created_at));
    created.title = exact(delivery.created_at);
    if (owner) setText(owner, delivery.owner ?? "–");
    again.hidden = !delivery.ended_at || !maySend();
  };
  return { node, fill };
}
