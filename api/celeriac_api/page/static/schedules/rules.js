// The fields for the rules of a new schedule: its name, when it is due, and what happens around a due time.

import { el, setText } from "../elements/dom.js";
import { field } from "../form/fields.js";
import { inputs } from "../form/inputs.js";
import { cronInWords } from "./cron.js";
import { intervalInWords } from "./words.js";

const GROUP = "rule-";
const HERE = new Intl.DateTimeFormat().resolvedOptions().timeZone;
const NAME = ["name", { type: "string", format: "Letters, digits and . _ -" }];
const NAMED = { pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, complaint: "This should be letters, digits and . _ - and begin with one of the first two." };
const CHOICES = { cron: "by cron", every: "at an interval", at: "at single moments" };
const SAID = { cron: cronInWords, every: intervalInWords };
// By the kind of rule: the fields for it. A `format` makes a text a field of one line.
const KINDS = {
  cron: [
    ["cron", { type: "string", format: "Minute, hour, day of the month, month, day of the week.", default: "30 2 * * *" }],
    ["zone", { type: "string", format: "Such as Europe/Berlin.", default: HERE }],
  ],
  every: [["every", { type: "string", format: "Such as PT5M, PT1H or P1D.", default: "PT1H" }]],
  at: [["at", { type: "array", default: [inAnHour()], description: "Moments with their offset." }]],
};
const MORE = [
  ["overlap", { enum: ["queue", "skip", "cancel_running"], default: "queue", description: "If the task of the last due time has not ended." }],
  ["catch_up", { enum: ["last", "all", "none"], default: "last", description: "Which due times that were missed in an outage are submitted." }],
  ["jitter", { type: "number", minimum: 0, maximum: 86_400, description: "Seconds. Each task is delayed at random by up to this time." }],
  ["until", { type: "string", format: "date-time", description: "No due time is later than this." }],
  ["paused", { type: "boolean", description: "The schedule begins paused." }],
];

export function rules() {
  const name = inputs([made(NAME, true, NAMED)]), more = inputs(MORE.map((one) => made(one, false)));
  const kinds = Object.fromEntries(Object.entries(KINDS).map(([kind, fields]) => [kind, inputs(fields.map((one) => made(one, true)))]));
  const options = Object.entries(CHOICES).map(([value, said]) => el("option", { value }, said));
  const choice = el("select", { id: "rule-kind", onchange: turn }, ...options);
  const places = Object.fromEntries(Object.entries(kinds).map(([kind, { nodes }]) => [kind, el("div", {}, ...nodes)]));
  const words = el("p", { class: "note", "aria-live": "polite" });
  const node = el(
    "div",
    { oninput: say },
    ...name.nodes,
    el("div", { class: "field" }, el("label", { for: choice.id }, "It is due"), choice),
    ...Object.values(places),
    words,
    el("details", {}, el("summary", {}, "More rules"), ...more.nodes),
  );
  const parts = () => [name, kinds[choice.value], more];

  function turn() {
    for (const [kind, place] of Object.entries(places)) place.hidden = kind !== choice.value;
    say();
  }

  function say() {
    const typed = (key) => node.querySelector(`#field-${GROUP}${key}`).value.trim();
    const said = SAID[choice.value]?.(typed(choice.value));
    setText(words, said ? `That is ${said}.` : "");
  }

  offerZones(node);
  turn();
  return {
    node,
    // The name, and the members of the body; null where one is wrong.
    read() {
      const [named, ...rest] = parts().map((part) => part.read());
      return named && !rest.includes(null) ? { name: JSON.parse(`{${named}}`).name, members: rest.flat() } : null;
    },
    complain: (errors) => parts().reduce((rest, part) => part.complain(rest), errors),
  };
}

function made([key, schema], required, limits = {}) {
  return field(key, schema, { required, group: GROUP, ...limits });
}

function offerZones(node) {
  const known = Intl.supportedValuesOf?.("timeZone") ?? [];
  node.append(el("datalist", { id: "zones" }, ...known.map((value) => el("option", { value }))));
  node.querySelector(`#field-${GROUP}zone`).setAttribute("list", "zones");
}

function inAnHour() {
  return new Date(Date.now() + 3_600_000).toISOString();
}
