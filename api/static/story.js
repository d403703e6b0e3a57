// What happens to a task, as its events tell it: progress, timeline, log, partial output.

import { badge, el, setText } from "./dom.js";
import { exact, fine, span } from "./times.js";

// Characters of a log or output that are shown: the last ones.
const MOST = 200_000;

export function story() {
  const bar = el("progress", { "aria-label": "Progress" }), said = el("p", { class: "said" });
  const steps = el("ol", { class: "timeline" });
  const log = el("pre", { class: "value", tabindex: "0", role: "log", "aria-label": "Log" });
  const output = el("pre", { class: "value", tabindex: "0", "aria-label": "Output" });
  const cut = el("p", { class: "note" }, "Older events are not kept any more.");
  const progressing = el("section", {}, el("h2", {}, "Progress"), bar, said);
  const timeline = el("section", {}, el("h2", {}, "Timeline"), cut, steps);
  const logged = el("section", {}, el("h2", {}, "Log"), log);
  const put = el("section", {}, el("h2", {}, "Output"), output);
  progressing.hidden = cut.hidden = logged.hidden = put.hidden = true;
  let created = null, first = null, last = null, waiting = [];

  function step(state, attempt, moment) {
    const when = el("time");
    if (moment !== null) dated(when, moment);
    const isFirst = !steps.children.length || last === null || moment === null;
    const notes = [isFirst ? "" : `after ${span(moment - last)}`, attempt > 1 && state === "running" ? `attempt ${attempt}` : ""];
    steps.append(el("li", { "data-state": state }, badge(state), when, el("small", {}, notes.filter(Boolean).join(", "))));
    if (moment !== null) last = moment;
    return when;
  }

  // Lines that come fast are written together, once a frame.
  function write(node, text, most) {
    if (!waiting.length) requestAnimationFrame(flush);
    waiting.push([node, text, most]);
  }

  function flush() {
    const added = new Map();
    for (const [node, text, most] of waiting) {
      added.set(node, [(added.get(node)?.[0] ?? node.textContent) + text, most]);
    }
    waiting = [];
    for (const [node, [text, most]] of added) {
      const follows = node.scrollTop + node.clientHeight >= node.scrollHeight - 8;
      node.textContent = text.length > most ? `…${text.slice(-most)}` : text;
      if (follows) node.scrollTop = node.scrollHeight;
    }
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
      write(log, `${line}\n`, MOST);
    },
    output(chunk) {
      put.hidden = false;
      write(output, chunk, MOST);
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
