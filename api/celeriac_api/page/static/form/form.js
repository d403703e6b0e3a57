// A form for each task definition, made from the schema of its input.

import { may } from "../api/caller.js";
import { definitions, json } from "../api/requests.js";
import { el, empty, heading, loading } from "../elements/dom.js";
import { field } from "./fields.js";
import { noticeThere } from "../elements/notice.js";
import { address, go } from "../router.js";

export function show(main, name) {
  let over = false, isThere = false, busy = false, again = false;
  const title = heading(name ?? "New task"), place = el("div", {}, loading());
  main.append(title, place);

  // What was typed stays while the API is away. Who is told that it is back while an older question is still open asks
  // once more when that one fails.
  async function load() {
    if (isThere) return;
    if (busy) return (again = true);
    [busy, again] = [true, false];
    try {
      const all = await definitions();
      if (over) return;
      place.replaceChildren(...(name ? one(all, name) : list(all)));
      isThere = true;
    } catch (problem) {
      place.replaceChildren(empty(problem.message));
    }
    busy = false;
    if (again && !over) load();
  }

  load();
  return { end: () => (over = true), back: load };
}

function list(all) {
  const entry = ({ name, summary }) =>
    el("li", {}, el("a", { href: address(["new", name]) }, el("strong", {}, name), el("span", {}, summary)));
  return [el("ul", { class: "cards" }, ...all.filter(({ name }) => may("submit", name)).map(entry))];
}

function one(all, name) {
  const definition = all.find((each) => each.name === name);
  if (!definition) return [empty(`No task is named ${name}. `, el("a", { href: "#/new" }, "Show all"))];
  if (!may("submit", name)) return [empty(`Your key lacks the scope submit:${name}.`)];
  const { properties = {}, required = [], $defs: schemas = {} } = definition.input_schema;
  const fields = Object.entries(properties).map(([key, property]) =>
    field(key, property, { required: required.includes(key), schemas }),
  );
  const once = keys(), wrong = el("p", { class: "wrong", role: "alert" });
  const submit = el("button", { class: "primary" }, "Submit");
  const fill = () => fields.forEach((each) => each.set(example));
  const [example] = definition.examples;
  const filler = el("button", { type: "button", onclick: fill }, "Fill in the example");
  const form = el("form", { class: "task-form", novalidate: true }, ...fields.map((each) => each.node), wrong);
  form.append(el("div", { class: "actions" }, submit, ...(example ? [filler] : [])));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(name, fields, wrong, submit, once);
  });
  return [el("p", { class: "lead" }, definition.summary), form];
}

async function send(name, fields, wrong, submit, once) {
  wrong.textContent = "";
  fields.forEach((each) => each.complain(""));
  const parts = fields.map((each) => each.read());
  if (fail(fields, parts)) return;
  // Put together as text: a number goes out with the digits that were typed.
  const given = parts.filter((part) => part.json !== null);
  const body = `{${given.map((part) => `${JSON.stringify(part.key)}:${part.json}`).join(",")}}`;
  submit.disabled = true;
  try {
    const task = await json(`/${encodeURIComponent(name)}`, { method: "POST", body, headers: once(body) });
    noticeThere(`${name} was submitted.`);
    go(["tasks", task.task_id]);
  } catch (problem) {
    refused(problem, fields, wrong);
  }
  submit.disabled = false;
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

function fail(fields, parts) {
  const bad = fields.filter((each, at) => parts[at].wrong && (each.complain(parts[at].wrong), true));
  bad[0]?.focus();
  return bad.length > 0;
}

function refused(problem, fields, wrong) {
  const rest = [];
  const complaints = new Map();
  for (const { pointer, detail } of problem.errors) {
    const key = pointer.split("/")[1]?.replaceAll("~1", "/").replaceAll("~0", "~");
    const at = fields.find((each) => each.key === key);
    const inner = pointer.split("/").slice(2).join("/");
    if (at) complaints.set(at, [...(complaints.get(at) ?? []), inner ? `${inner}: ${detail}` : detail]);
    else rest.push(detail);
  }
  for (const [at, said] of complaints) at.complain(said.join("; "));
  [...complaints.keys()][0]?.focus();
  wrong.textContent = complaints.size ? rest.join("; ") : [problem.message, ...rest].join(" ");
}
