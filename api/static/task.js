// One task: where it stands, what has happened to it, what it said, what came of it.

import { json, text } from "./api.js";
import { announce, badge, el, empty, heading, setText } from "./dom.js";
import { actions } from "./actions.js";
import { folded, laidOut } from "./result.js";
import { address } from "./router.js";
import { story } from "./story.js";
import { follow } from "./stream.js";
import { ago, exact, took } from "./times.js";

const EVERY_MS = 1000;

export function show(main, id) {
  let over = false, busy = false, again = false, task = null, outcomeOf = null, stop = () => {};
  const path = `/tasks/${encodeURIComponent(id)}`;
  const title = heading("Task"), state = badge(""), buttons = el("div", { class: "actions" });
  const facts = el("dl", { class: "facts" }), outcome = el("section", { "aria-label": "Outcome" });
  const events = story();
  main.append(
    el("p", { class: "back" }, el("a", { href: "#/tasks" }, "All tasks")),
    el("div", { class: "title" }, title, state, buttons),
    facts,
    outcome,
    events.node,
  );

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
      const now = await json(path);
      if (over) return;
      task = now;
      events.node.hidden = false;
      fill();
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
    buttons.replaceChildren(...actions(task, load));
    if (task.ready || task.progress) events.progress(task.ready ? null : task.progress);
    events.accepted(task.created_at);
    tellFacts();
    tellOutcome();
  }

  function tellFacts() {
    const told = [
      ["Id", el("span", { class: "id" }, task.task_id)],
      ["Queue", task.queue],
      ["Worker", task.worker],
      ["Attempt", task.attempt && String(task.attempt)],
      ["Created", when(task.created_at)],
      ["Due", task.due_at && when(task.due_at)],
      [task.state === "running" ? "Runs for" : "Ran for", took(task)],
      ["Forgotten", task.expires_at && when(task.expires_at)],
    ].filter(([, value]) => value);
    const pairs = told.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)));
    if (task.retry_of) {
      const link = el("a", { href: address(["tasks", task.retry_of]) }, task.retry_of);
      pairs.push(el("div", {}, el("dt", {}, "Runs again"), el("dd", {}, link)));
    }
    facts.replaceChildren(...pairs);
  }

  async function tellOutcome() {
    const said = `${task.state} ${task.attempt}`;
    if (outcomeOf === said) return;
    outcomeOf = said;
    const parts = task.error ? errorParts(task) : task.state === "succeeded" ? await resultParts(task) : [];
    if (!over) outcome.replaceChildren(...parts);
  }

  function refused(problem) {
    setText(title, problem.status ? "No such task" : "Task");
    facts.replaceChildren();
    outcome.replaceChildren(empty(problem.message));
    events.node.hidden = true;
    if (problem.status === 404 || problem.status === 410) stop();
  }

  load();
  stop = follow(
    `${path}/events`,
    {
      state: (data, at) => (events.state(data, at), load()),
      progress: (data) => events.progress(data),
      log: (data) => events.log(data),
      output: (data) => events.output(data),
      cut: () => events.cut(),
      done: () => (stop(), load()),
    },
    { restarted: () => events.restart() },
  );
  const timer = setInterval(() => task && tellFacts(), EVERY_MS);
  const end = () => {
    over = true;
    clearInterval(timer);
    stop();
  };
  return { end, back: load };
}

function when(moment) {
  return el("span", {}, exact(moment), " ", el("small", {}, ago(moment)));
}

async function resultParts(task) {
  const link = el("a", { href: task.links.result }, "as JSON");
  const head = el("h2", {}, "Result ", el("small", {}, link));
  try {
    return [head, folded(laidOut(await text(task.links.result)), "Result")];
  } catch (problem) {
    return [head, empty(problem.message)];
  }
}

function errorParts({ error, state }) {
  const head = el("h2", {}, state === "retrying" ? "Error of the last attempt" : "Error");
  const box = el("div", { class: "error" }, el("strong", {}, error.type), folded(error.message || "(no text)", "Error"));
  if (!error.traceback) return [head, box];
  return [head, box, el("details", {}, el("summary", {}, "Traceback"), folded(error.traceback, "Traceback"))];
}
