// The endpoints of an owner: URLs that get the ends of all its tasks, and why some are disabled.

import { seesOwners } from "../api/caller.js";
import { emptyWith } from "../elements/command.js";
import { badge, el, setText, table } from "../elements/dom.js";
import { keyed } from "../elements/keyed.js";
import { ago, exact } from "../elements/times.js";
import { polled } from "../frame/polled.js";

const EXAMPLE = { url: "https://shop.example/hooks/celeriac", on: ["failed", "expired"] };

export function show(main, query) {
  const whose = seesOwners() && query.get("owner") ? new URLSearchParams({ owner: query.get("owner") }) : null;
  const asked = (path) => (whose ? `${path}?${whose}` : path);
  const body = el("tbody"), rows = keyed(body, ({ name }) => name, row);
  main.append(el("p", { class: "back" }, el("a", { href: "#/webhooks" }, "All deliveries")));
  return polled(main, {
    path: asked("/webhooks"),
    title: whose ? `Endpoints of ${whose.get("owner")}` : "Endpoints",
    list: table("Endpoints", ["Endpoint", "Gets", "State", "Changed"], body),
    fill: rows.fill,
    nothing: () => emptyWith("No endpoints yet. An endpoint gets the ends of all tasks of an owner.", {
      method: "PUT",
      path: asked("/webhooks/shop"),
      body: EXAMPLE,
    }),
  });
}

function row({ name }) {
  const url = el("small", { class: "under" }), ends = el("span"), names = el("small", { class: "under" });
  const state = badge(""), reason = el("span", { class: "wrong" }), when = el("td");
  const node = el("tr", {}, el("td", { class: "url" }, name, url), el("td", { class: "url" }, ends, names), el("td", {}, state, reason), when);
  const fill = (endpoint) => {
    setText(url, endpoint.url);
    setText(ends, endpoint.on.includes("ended") ? "every end" : endpoint.on.join(", "));
    setText(names, endpoint.names ? `of ${endpoint.names.join(", ")}` : "of all definitions");
    state.dataset.state = endpoint.disabled ? "paused" : "succeeded";
    setText(state, endpoint.disabled ? "disabled" : "enabled");
    setText(reason, endpoint.disabled_reason ?? "");
    setText(when, ago(endpoint.updated_at));
    when.title = exact(endpoint.updated_at);
  };
  return { node, fill };
}
