// What happens to a task, as its events tell it: progress, timeline, log, partial output.

import { badge, el, setText } from "../elements/dom.js";
import { lines } from "./lines.js";
import { exact, fine, span } from "../elements/times.js";

const MOST_STEPS = 1000;

export function story() {
  const bar = el("progress", { "aria-label": "Progress" }), said = el("p", { class: "said" });
  const steps = el("ol", { class: "timeline" });
  const log = lines("Log", { role: "log" }), output = lines("Output");
  const cut = el("p", { class: "note" }, "Older events are no longer kept.");
  const progressing = el("section", {}, el("h2", {}, "Progress"), bar, said);
  const timeline = el("section", {}, el("h2", {}, "Timeline"), cut, steps);
  const logged = el("section", {}, el("h2", {}, "Log"), log.node);
  const put = el("section", {}, el("h2", {}, "Output"), output.node);
  progressing.hidden = cut.hidden = logged.hidden = put.hidden = true;
  let created = null, first = null, last = null;

  function step(state, attempt, moment) {
    const when = el("time");
    if (moment !== null) dated(when, moment);
    const isFirst = !steps.children.length || last === null || moment === null;
    const notes = [isFirst ? "" : `after ${span(moment - last)}`, attempt > 1 && state === "running" ? `attempt ${attempt}` : ""];
    steps.append(el("li", { "data-state": state }, badge(state), when, el("small", {}, notes.filter(Boolean).join(", "))));
    if (moment !== null) last = moment;
    if (steps.childElementCount > MOST_STEPS) {
      steps.firstElementChild.remove();
      cut.hidden = false;
    }
    return when;
  }

  return {
    node: el("div", {}, progressing, put, logged),
    timeline,
    accepted(at) {
      created = Date.parse(at);
      if (first && !first.textContent) dated(first, created);
      last ??= created;
    },
    state({ state, attempt }, id) {
      const moment = Number(id.split("-")[0]);
      if (moment) step(state, attempt, moment);
      // The first event has no time of its own: it is when the task was accepted.
      else if (!steps.children.length) first = step(state, attempt, created);
    },
    progress(given) {
      progressing.hidden = !given;
      if (!given) return;
      const { done, total, message } = given;
      if (total) [bar.max, bar.value] = [total, done];
      else bar.removeAttribute("value");
      setText(said, [count(done, total), message].filter(Boolean).join(" · "));
    },
    log(line) {
      logged.hidden = false;
      log.add(`${line}\n`);
    },
    output(chunk) {
      put.hidden = false;
      output.add(typeof chunk === "string" ? chunk : `${JSON.stringify(chunk)}\n`);
    },
    cut() {
      cut.hidden = false;
    },
  };
}

function count(done, total) {
  return total ? `${done.toLocaleString()} of ${total.toLocaleString()}` : done.toLocaleString();
}

function dated(node, moment) {
  setText(node, fine(moment));
  node.title = exact(moment);
}
