// A new schedule: which task, with which input, and when.

import { may } from "../api/caller.js";
import { definitions, json, text } from "../api/requests.js";
import { confirm } from "../elements/confirm.js";
import { el, empty } from "../elements/dom.js";
import { noticeThere } from "../elements/notice.js";
import { choices, once } from "../form/choices.js";
import { inputsOf } from "../form/inputs.js";
import { go } from "../frame/router.js";
import { rules } from "./rules.js";

export function show(main, name) {
  if (!name) return choices(main, "New schedule", "new-schedule");
  return once(main, `New schedule for ${name}`, async () => form(await definitions(), name));
}

function form(all, name) {
  const definition = all.find((each) => each.name === name);
  if (!definition) return [empty(`No task is named ${name}. `, el("a", { href: "#/new-schedule" }, "Show all"))];
  if (definition.refusal) return [empty(`This task is not offered. ${definition.refusal}`)];
  if (!may("submit", name)) return [empty(`Your key lacks the scope submit:${name}.`)];
  const fields = inputsOf(definition, "input-"), rule = rules();
  const wrong = el("p", { class: "wrong", role: "alert" }), submit = el("button", { class: "primary" }, "Create the schedule");
  const [example] = definition.examples;
  const fill = example ? el("button", { type: "button", onclick: () => fields.fill(example) }, "Fill in the example") : null;
  const given = el("fieldset", {}, el("legend", {}, `Input of ${name}`), ...fields.nodes);
  const node = el("form", { class: "task-form", novalidate: true }, rule.node, given, wrong, el("div", { class: "actions" }, submit, ...(fill ? [fill] : [])));
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    wrong.textContent = "";
    submit.disabled = true;
    await send(name, fields, rule, wrong);
    submit.disabled = false;
  });
  return [el("p", { class: "lead" }, definition.summary), node];
}

async function send(task, fields, rule, wrong) {
  const input = fields.read(), ruled = rule.read();
  if (!input || !ruled) return;
  const body = `{${[`"submit":{"name":${JSON.stringify(task)},"input":{${input.join(",")}}}`, ...ruled.members].join(",")}}`;
  const path = `/schedules/${encodeURIComponent(ruled.name)}`;
  const put = async () => {
    await text(path, { method: "PUT", body });
    noticeThere("The schedule is created.");
    go(["schedules", ruled.name]);
  };
  try {
    if (await isThere(path)) return replace(ruled.name, put);
    await put();
  } catch (problem) {
    tell(problem, fields, rule, wrong);
  }
}

async function isThere(path) {
  try {
    await json(path);
    return true;
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    return false;
  }
}

function replace(name, put) {
  confirm({
    title: "Replace this schedule?",
    about: name,
    text: "A schedule of this name exists. Its rules, and what it submits, are replaced. Tasks that it has submitted stay.",
    danger: true,
    yes: "Replace the schedule",
    act: put,
  });
}

function tell(problem, fields, rule, wrong) {
  const errors = problem.errors ?? [];
  const rest = rule.complain(fields.complain(errors, "/submit/input"));
  const said = rest.map(({ pointer, detail }) => `${pointer}: ${detail}`);
  wrong.textContent = errors.length > rest.length ? said.join("; ") : [problem.message, ...said].join(" ");
}
