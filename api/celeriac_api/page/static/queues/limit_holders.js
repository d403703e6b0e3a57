// Which tasks of a key have a slot, and which wait for one: on request.

import { json } from "../api/requests.js";
import { el, setText } from "../elements/dom.js";
import { keyed } from "../elements/keyed.js";
import { address } from "../frame/router.js";
import { path } from "./limit_actions.js";

export function holders() {
  let limit = null;
  const running = ids("Running"), waiting = ids("Waiting"), wrong = el("p", { class: "wrong" });
  const node = el("details", { ontoggle: () => ask() }, el("summary", {}, "Tasks"), running.node, waiting.node, wrong);

  async function ask() {
    if (!node.open) return;
    try {
      const { running_tasks: have, waiting_tasks: wait } = await json(path(limit));
      running.fill(have);
      waiting.fill(wait);
      setText(wrong, "");
    } catch (problem) {
      setText(wrong, problem.message);
    }
  }

  const fill = (now) => {
    limit = now;
    node.hidden = !limit.running && !limit.waiting;
    ask();
  };
  return { node, fill };
}

function ids(label) {
  const links = el("span", { class: "ids" }), list = keyed(links, (id) => id, link);
  return { node: el("div", { "aria-label": label, role: "group" }, el("small", {}, `${label} `), links), fill: list.fill };
}

function link(id) {
  return { node: el("a", { class: "id", href: address(["tasks", id]) }, id.slice(0, 8)), fill: () => {} };
}
