// The list of tasks, the newest first: a page at a time, filters in the address, live.

import { may, seesOwners } from "../api/caller.js";
import { json } from "../api/requests.js";
import { announce, badge, el, heading, loading, setText, table } from "../elements/dom.js";
import { filters } from "./filters.js";
import { keyed } from "../elements/keyed.js";
import { pages } from "../elements/pages.js";
import { address } from "../frame/router.js";
import { follow } from "../api/stream.js";
import { ago, exact, took } from "../elements/times.js";

const EVERY_MS = 1000;
const FILTERS = ["state", "name", "queue", "owner", "tag", "schedule", "cursor"];

export function show(main, query) {
  let over = false, timer = null, again = false, busy = false, paused = false;
  const body = el("tbody"), rows = keyed(body, (task) => task.task_id, taskRow);
  const frame = table("Tasks", ["State", "Task", ...(seesOwners() ? ["Owner"] : []), "Queue", "Created", "Ran for", "Attempt"], body);
  const none = loading();
  const older = el("nav", { class: "pages", "aria-label": "Pages" });
  const live = el("button", { type: "button", id: "live", "aria-pressed": "true", onclick: toggle }, "Live");
  main.append(el("div", { class: "title" }, heading("Tasks"), live), filters(query, load()), frame, none, older);
  frame.hidden = true;

  async function load() {
    clearTimeout(timer);
    [busy, again] = [true, false];
    try {
      const asked = new URLSearchParams([...query].filter(([name]) => FILTERS.includes(name)));
      asked.set("omit", "result");
      const page = await json(`/tasks?${asked}`);
      if (!over) fill(page);
    } catch (problem) {
      if (!over) told(problem);
    }
    busy = false;
    // Times such as "3 s ago" move on, too.
    if (!over) timer = setTimeout(again ? load : tick, EVERY_MS);
  }

  function changed() {
    if (paused || document.hidden) again = true;
    else if (busy) again = true;
    else if (!again) {
      again = true;
      clearTimeout(timer);
      timer = setTimeout(load, EVERY_MS / 4);
    }
  }

  function tick() {
    for (const row of rows.all()) row.refresh();
    timer = setTimeout(again && !paused && !document.hidden ? load : tick, EVERY_MS);
  }

  function toggle() {
    paused = !paused;
    live.setAttribute("aria-pressed", String(!paused));
    setText(live, paused ? "Paused" : "Live");
    announce(paused ? "Live updates are paused." : "Live updates continue.");
    if (!paused) load();
  }

  function fill({ items, next_cursor }) {
    rows.fill(items);
    frame.hidden = !items.length;
    none.hidden = Boolean(items.length);
    none.className = "empty";
    none.replaceChildren(...nothing(query));
    older.replaceChildren(...pages(["tasks"], query, next_cursor, ["Newest", "Older"]));
  }

  function told(problem) {
    none.hidden = !frame.hidden;
    none.replaceChildren(problem.message);
  }

  const watched = new URLSearchParams([...query].filter(([name]) => name === "name" || name === "queue"));
  const stop = follow(`/events?${watched}`, { state: changed, cut: changed }, { opened: changed });
  document.addEventListener("visibilitychange", changed);
  const end = () => {
    over = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", changed);
    stop();
  };
  return { end, back: load };
}

function taskRow() {
  const state = badge(""), name = el("a", {}), id = el("small", { class: "id" }), bar = el("progress", { max: 1 });
  const [owner, queue, created, ran, attempt] = Array.from({ length: 5 }, () => el("td"));
  const node = el("tr", {}, el("td", {}, state, bar), el("td", {}, name, id), seesOwners() ? owner : null, queue, created, ran, attempt);
  let task = null;
  const refresh = () => {
    setText(created, ago(task.created_at));
    setText(ran, took(task));
  };
  const fill = (given) => {
    task = given;
    state.dataset.state = task.state;
    setText(state, task.state);
    setText(name, task.name);
    name.href = address(["tasks", task.task_id]);
    setText(id, task.task_id.slice(0, 8));
    setText(owner, task.owner ?? "–");
    setText(queue, task.queue);
    created.title = exact(task.created_at);
    setText(attempt, task.attempt ? String(task.attempt) : "");
    const part = task.state === "running" && task.progress?.total ? task.progress : null;
    bar.hidden = !part;
    bar.setAttribute("aria-label", `Progress of ${task.name}`);
    if (part) bar.value = part.done / part.total;
    refresh();
  };
  return { node, fill, refresh };
}

function nothing(query) {
  if ([...query].length) return ["No task matches these filters. ", el("a", { href: "#/tasks" }, "Show all tasks")];
  return may("submit") ? ["No tasks yet. ", el("a", { href: "#/new" }, "Submit the first one")] : ["No tasks yet."];
}
