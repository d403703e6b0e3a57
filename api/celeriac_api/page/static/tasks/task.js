// One task: where it stands, what came of it, what it says and has said, what it was given.

import { seesOwners } from "../api/caller.js";
import { json } from "../api/requests.js";
import { announce, badge, el, empty, heading, setText } from "../elements/dom.js";
import { actions, isAskedToEnd } from "./actions.js";
import { facts } from "../elements/facts.js";
import { graph } from "../graph/graph.js";
import { input, outcome } from "./outcome.js";
import { address } from "../frame/router.js";
import { story } from "./story.js";
import { follow } from "../api/stream.js";
import { ago, exact, took } from "../elements/times.js";

const EVERY_MS = 1000;

export function show(main, id) {
  let over = false, busy = false, again = false, task = null, outcomeOf = null, stop = () => {};
  const path = `/tasks/${encodeURIComponent(id)}`;
  const title = heading("Task"), state = badge(""), asked = el("span", { class: "asked" }, "asked to stop"), buttons = el("div", { class: "actions" });
  const told = facts(), came = el("section", { "aria-label": "Outcome" });
  const given = el("section", { "aria-label": "Task input" });
  const events = story(), around = graph(id), none = el("div");
  const columns = el("div", { class: "columns" }, el("div", {}, came, events.node, given), events.timeline);
  main.append(
    el("p", { class: "back" }, el("a", { href: "#/tasks" }, "All tasks")),
    el("div", { class: "title" }, title, state, asked, buttons),
    told.node,
    around.node,
    columns,
    none,
  );
  told.node.hidden = columns.hidden = asked.hidden = true;

  // One question at a time, however fast the events come.
  async function load() {
    if (busy) return (again = true);
    [busy, again] = [true, false];
    await ask();
    busy = false;
    if (again && !over) load();
  }

  async function ask() {
    try {
      // The graph is there with the first answer, so that nothing below it moves.
      const isFirst = !task;
      const [now] = await Promise.all([json(path), isFirst && around.load()]);
      if (over) return;
      task = now;
      fill();
      if (isFirst) begin();
    } catch (problem) {
      if (!over && !task) refused(problem);
    }
  }

  function fill() {
    setText(title, task.name);
    document.title = `${task.name}, ${task.state} · Celeriac`;
    if (state.textContent && state.textContent !== task.state) announce(`The task is ${task.state}.`);
    state.dataset.state = task.state;
    setText(state, task.state);
    asked.hidden = !isAskedToEnd(task);
    actions(buttons, () => task, load);
    if (task.ready || task.progress) events.progress(task.ready ? null : task.progress);
    events.accepted(task.created_at);
    tell();
    tellOutcome();
  }

  // Once it is known that there is such a task.
  async function begin() {
    told.node.hidden = columns.hidden = false;
    none.replaceChildren();
    stop = follow(`${path}/events`, {
      state: (data, at) => (events.state(data, at), load()),
      progress: (data) => events.progress(data),
      log: ({ line }) => events.log(line),
      output: ({ chunk }) => events.output(chunk),
      cut: () => events.cut(),
      done: () => (stop(), load()),
      gone: forgotten,
    });
    const parts = await input(task);
    if (!over) given.replaceChildren(...parts);
  }

  function forgotten() {
    stop();
    buttons.replaceChildren();
    none.replaceChildren(empty("This task was deleted, or its record has expired. This page is out of date."));
  }

  function tell() {
    told.fill([
      ["Id", task.task_id],
      ["Queue", task.queue, { href: address(["tasks"], new URLSearchParams({ queue: task.queue })) }],
      ["Owner", seesOwners() ? task.owner : null, { href: task.owner && address(["tasks"], new URLSearchParams({ owner: task.owner })) }],
      ["Batch", task.batch && `item ${task.batch.number}`, { href: task.batch && address(["batches", task.batch.batch_id]), note: task.batch?.name ?? "" }],
      ["Schedule", task.schedule, { href: task.schedule && address(["schedules", task.schedule], seesOwners() && task.owner ? new URLSearchParams({ owner: task.owner }) : undefined) }],
      ["Tags", task.tags.join(" ")],
      ["Worker", task.worker],
      ["Attempt", task.attempt && String(task.attempt)],
      ["Created", ...when(task.created_at)],
      ["Waits for", ...blocker(task.blocked_by)],
      ["Due", ...when(task.due_at)],
      [task.state === "running" ? "Runs for" : "Ran for", took(task)],
      ["Kept until", ...when(task.expires_at)],
      ["Retry of", task.retry_of, { href: task.retry_of && address(["tasks", task.retry_of]) }],
    ]);
  }

  async function tellOutcome() {
    const said = `${task.state} ${task.attempt}`;
    if (outcomeOf === said) return;
    outcomeOf = said;
    const parts = await outcome(task);
    if (!over && outcomeOf === said) came.replaceChildren(...parts);
  }

  function refused({ status, message }) {
    setText(title, status === 404 ? "Task not found" : status === 410 ? "Forgotten task" : "Task");
    none.replaceChildren(empty(message));
  }

  load();
  const timer = setInterval(() => task && tell(), EVERY_MS);
  const end = () => {
    over = true;
    clearInterval(timer);
    around.end();
    stop();
  };
  return { end, back: load };
}

function blocker(blockedBy) {
  if (blockedBy?.key != null) return [`key ${blockedBy.key}`, { note: `${blockedBy.ahead} ahead` }];
  if (blockedBy?.key) return [`the key ${blockedBy.key}`, { note: blockedBy.ahead ? `${blockedBy.ahead.toLocaleString()} wait ahead of it` : "" }];
  const first = blockedBy?.tasks[0];
  if (!first) return [null];
  return [first, { href: address(["tasks", first]), note: blockedBy.count > 1 ? `and ${blockedBy.count - 1} more` : "" }];
}

function when(moment) {
  return moment ? [exact(moment), { note: ago(moment) }] : [null];
}
