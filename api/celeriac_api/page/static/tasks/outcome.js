// What a task was given, and what came of it.

import { text } from "../api/requests.js";
import { el, empty } from "../elements/dom.js";
import { folded, laidOut, saveable } from "./result.js";

export async function input(task) {
  return json("Input", `/tasks/${task.task_id}/input`, `${task.name}-${task.task_id}-input.json`);
}

// Nothing while there is nothing to tell.
export async function outcome(task) {
  if (task.error) return error(task);
  if (task.state !== "succeeded") return [];
  return json("Result", `/tasks/${task.task_id}/result`, `${task.name}-${task.task_id}-result.json`);
}

async function json(title, path, file) {
  try {
    const said = await text(path);
    return [saveable(title, said, file), folded(laidOut(said), title)];
  } catch (problem) {
    return [el("h2", {}, title), empty(problem.message)];
  }
}

function error({ error: { type, message, traceback }, state }) {
  const head = el("h2", {}, state === "retrying" ? "Error of the last attempt" : "Error");
  const box = el("div", { class: "error" }, el("strong", {}, type), folded(message || "(no text)", "Error"));
  if (!traceback) return [head, box];
  return [head, box, el("details", {}, el("summary", {}, "Traceback"), folded(traceback, "Traceback"))];
}
