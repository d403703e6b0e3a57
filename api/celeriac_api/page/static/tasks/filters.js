// The filters above the list. Each is a link or a field that changes the address, and nothing else.

import { may, seesOwners } from "../api/caller.js";
import { definitions, json } from "../api/requests.js";
import { el } from "../elements/dom.js";
import { address, changed, go } from "../frame/router.js";

const STATES = ["blocked", "scheduled", "queued", "running", "retrying", "succeeded", "failed", "cancelled", "expired"];

// What is offered is asked for after `loaded`: the tasks come first.
export function filters(query, loaded) {
  const fields = el("div", { class: "fields" }, name(query, loaded), queue(query), seesOwners() ? owner(query) : null);
  return el("section", { class: "filters", "aria-label": "Filters" }, states(query), fields);
}

function states(query) {
  const chosen = query.getAll("state");
  const link = (state) => {
    const href = address(["tasks"], changed(query, { state, cursor: null }));
    const current = state ? chosen.includes(state) : !chosen.length;
    const attributes = { href, id: `state-${state || "all"}`, "data-state": state, "aria-current": current && "true" };
    return el("a", attributes, state || "all");
  };
  return el("nav", { class: "states", "aria-label": "States" }, ...["", ...STATES].map(link));
}

function name(query, loaded) {
  const chosen = query.get("name") ?? "";
  const select = el("select", { id: "filter-name" }, el("option", { value: "" }, "all tasks"));
  const offer = (value) => select.append(el("option", { value, selected: value === chosen }, value));
  if (chosen) offer(chosen);
  select.addEventListener("change", () => to(query, { name: select.value }));
  const others = (all) => all.map((one) => one.name).filter((one) => one !== chosen);
  loaded.then(definitions).then((all) => others(all).forEach(offer), ignored);
  return el("div", {}, el("label", { for: select.id }, "Task"), select);
}

function queue(query) {
  const known = el("datalist", { id: "queues-known" });
  const attributes = { id: "filter-queue", list: "queues-known", placeholder: "all queues", autocomplete: "off" };
  const input = el("input", { ...attributes, value: query.get("queue") ?? "" });
  input.addEventListener("change", () => to(query, { queue: input.value.trim() }));
  const offer = () => json("/queues").then(
    ({ items }) => known.replaceChildren(...items.map((one) => el("option", { value: one.name }))),
    ignored,
  );
  if (may("metrics")) input.addEventListener("focus", offer, { once: true });
  return el("div", {}, el("label", { for: input.id }, "Queue"), input, known);
}

function owner(query) {
  const input = el("input", { id: "filter-owner", placeholder: "all owners", autocomplete: "off", value: query.get("owner") ?? "" });
  input.addEventListener("change", () => to(query, { owner: input.value.trim() }));
  return el("div", {}, el("label", { for: input.id }, "Owner"), input);
}

function to(query, changes) {
  go(["tasks"], changed(query, { ...changes, cursor: null }));
}

// What is offered is a help; without it the filter works, and the status line says what is away.
function ignored() {}
