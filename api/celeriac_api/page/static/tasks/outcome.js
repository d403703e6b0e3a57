// What a task was given, and what came of it.

import { answer, text } from "../api/requests.js";
import { el, empty } from "../elements/dom.js";
import { MOST_SHOWN, SHOWN, preview } from "../form/file_chooser.js";
import { folded, laidOut, saveable } from "./result.js";

export async function input(task) {
  return json("Input", `/tasks/${task.task_id}/input`, `${task.name}-${task.task_id}-input.json`);
}

// Nothing while there is nothing to tell.
export async function outcome(task) {
  if (task.error) return error(task);
  if (task.state !== "succeeded") return [];
  const file = await fileOf(task);
  if (file) return file;
  return json("Result", `/tasks/${task.task_id}/result`, `${task.name}-${task.task_id}-result.json`);
}

// The result, if it is a file: it comes with the name under which it is saved, and JSON does not.
async function fileOf(task) {
  const path = `/tasks/${task.task_id}/result`, ask = { headers: { Accept: "*/*" } };
  const head = await answer(path, { ...ask, method: "HEAD" }).catch(() => null);
  if (!head?.headers.has("content-disposition")) return null;
  const type = head.headers.get("content-type"), size = Number(head.headers.get("content-length"));
  const name = nameIn(head.headers.get("content-disposition")) ?? `${task.name}-${task.task_id}`;
  const picture = el("img", { class: "preview", alt: name, hidden: true });
  const load = async () => (await answer(path, ask)).blob();
  if (SHOWN.test(type) && size <= MOST_SHOWN) load().then((blob) => preview(blob, picture), () => {});
  const save = async () => {
    const href = URL.createObjectURL(await load());
    el("a", { href, download: name }).click();
    URL.revokeObjectURL(href);
  };
  const button = el("button", { type: "button", class: "quiet", onclick: save, "aria-label": `Save ${name}` }, "Save");
  const about = el("p", { class: "note" }, `${name} · ${type} · ${size.toLocaleString()} bytes`);
  return [el("div", { class: "heading" }, el("h2", {}, "Result"), button), about, picture];
}

function nameIn(disposition) {
  const [, encoded, plain] = disposition.match(/filename(?:\*=utf-8''([^;]*)|="([^"]*)")/) ?? [];
  return encoded ? decodeURIComponent(encoded) : plain;
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
