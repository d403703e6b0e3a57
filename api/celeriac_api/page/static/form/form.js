// A form for each task definition, made from the schema of its input.

import { may } from "../api/caller.js";
import { about } from "./about.js";
import { definitions, json } from "../api/requests.js";
import { el, empty } from "../elements/dom.js";
import { choices, once } from "./choices.js";
import { inputsOf } from "./inputs.js";
import { noticeThere } from "../elements/notice.js";
import { go } from "../frame/router.js";

export function show(main, name) {
  if (!name) return choices(main, "New task", "new", { refused: true });
  return once(main, name, async () => one(await definitions(), name));
}

function one(all, name) {
  const definition = all.find((each) => each.name === name);
  if (!definition) return [empty(`No task is named ${name}. `, el("a", { href: "#/new" }, "Show all"))];
  if (definition.refusal) return [el("p", { class: "lead" }, definition.summary), about(definition), empty(`This task is not offered. ${definition.refusal}`)];
  if (!may("submit", name)) return [empty(`Your key lacks the scope submit:${name}.`)];
  const fields = inputsOf(definition);
  const retried = keys(), wrong = el("p", { class: "wrong", role: "alert" });
  const submit = el("button", { class: "primary" }, "Submit");
  const fill = () => fields.fill(example);
  const [example] = definition.examples;
  const filler = el("button", { type: "button", onclick: fill }, "Fill in the example");
  const form = el("form", { class: "task-form", novalidate: true }, ...fields.nodes, wrong);
  form.append(el("div", { class: "actions" }, submit, ...(example ? [filler] : [])));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(name, fields, wrong, submit, retried);
  });
  return [el("p", { class: "lead" }, definition.summary), about(definition), form];
}

async function send(name, fields, wrong, submit, retried) {
  wrong.textContent = "";
  const members = fields.read();
  if (!members) return;
  const text = `{${members.join(",")}}`, files = fields.files();
  const body = files.length ? withFiles(text, files) : text;
  const same = files.reduce((all, [key, file]) => `${all} ${key} ${file.name} ${file.size} ${file.lastModified}`, text);
  // Of a file, a second may bring 100 kB.
  const patience = files.reduce((all, [, file]) => all + file.size / 100, 8000);
  submit.disabled = true;
  try {
    const options = { method: "POST", body, headers: retried(same), patience };
    const task = await json(`/${encodeURIComponent(name)}`, options);
    noticeThere(`${name} was submitted.`);
    go(["tasks", task.task_id]);
  } catch (problem) {
    const rest = fields.complain(problem.errors).map(({ detail }) => detail);
    wrong.textContent = problem.errors.length > rest.length ? rest.join("; ") : [problem.message, ...rest].join(" ");
  }
  submit.disabled = false;
}

function withFiles(text, files) {
  const form = new FormData();
  form.append("input", new Blob([text], { type: "application/json" }));
  for (const [key, file] of files) form.append(key, file);
  return form;
}

// The same body again, after an answer that was lost, has the same key: it is still one task.
function keys() {
  let last = null, key = null;
  return (body) => {
    if (body !== last) key = [...crypto.getRandomValues(new Uint8Array(16))].join(".");
    last = body;
    return { "Idempotency-Key": key };
  };
}
