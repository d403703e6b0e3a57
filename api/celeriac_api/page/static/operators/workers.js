// The workers: what each serves, what it runs, and when it was last heard of.

import { el, empty, setText, table } from "../elements/dom.js";
import { keyed } from "../elements/keyed.js";
import { polled } from "../frame/polled.js";
import { address } from "../frame/router.js";
import { ago, exact } from "../elements/times.js";

export function show(main) {
  const body = el("tbody");
  const rows = keyed(body, (worker) => worker.name, row);
  return polled(main, {
    path: "/workers",
    title: "Workers",
    list: table("Workers", ["Worker", "Queues", "Busy", "Running", "Last seen", "Started"], body),
    fill: rows.fill,
    nothing: () => empty("No worker is running. Tasks are accepted and wait until a worker starts."),
  });
}

function row() {
  const name = el("span"), [queues, seen, started] = Array.from({ length: 3 }, () => el("td"));
  const busy = el("meter", { min: 0, low: 0 }), count = el("span"), tasks = el("td", { class: "ids" });
  const links = keyed(tasks, (id) => id, link);
  const warnings = el("p", { class: "note" });
  const node = el("tr", {}, el("td", {}, name, warnings), queues, el("td", { class: "busy" }, count, busy), tasks, seen, started);
  const fill = (worker) => {
    setText(name, worker.name);
    setText(warnings, worker.warnings.map((sentence) => `⚠ ${sentence}`).join(" "));
    warnings.hidden = !worker.warnings.length;
    setText(queues, worker.queues.join(", "));
    // A worker that is not Celeriac's does not tell everything.
    const most = worker.concurrency === null ? null : worker.concurrency + worker.async_concurrency;
    setText(count, [worker.active.length, most].filter((one) => one !== null).join(" of "));
    busy.hidden = !most;
    [busy.max, busy.value] = [most || 1, worker.active.length];
    busy.setAttribute("aria-label", `Running tasks of ${worker.name}`);
    links.fill(worker.active);
    setText(seen, ago(worker.seen_at));
    setText(started, worker.started_at ? ago(worker.started_at) : "–");
    started.title = worker.started_at ? exact(worker.started_at) : "";
  };
  return { node, fill };
}

function link(id) {
  return { node: el("a", { class: "id", href: address(["tasks", id]) }, id.slice(0, 8)), fill: () => {} };
}
