// One field of a form, of the kind that its schema asks for. It gives its value as the text of a JSON value.

import { el } from "../elements/dom.js";
import { fileChooser } from "./file_chooser.js";

const INTEGER = /^-?(0|[1-9]\d*)$/;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

// `read()` gives {key, json, wrong}: `json` is null where the field is left out. `pattern` is of the whole text, with its complaint.
export function field(key, property, { required, schemas = {}, group = "", pattern = null, complaint = "" }) {
  const schema = plain(property, schemas);
  const id = `field-${group}${key}`;
  const kind = kindOf(schema);
  const input = kind.input(schema, id);
  const hint = el("small", { id: `${id}-hint` }, hintOf(property, schema, kind));
  const wrong = el("p", { class: "wrong", id: `${id}-wrong`, role: "alert" });
  input.setAttribute("aria-describedby", `${id}-hint ${id}-wrong`);
  if (required) input.setAttribute("aria-required", "true");
  const standard = property.default ?? schema.default;
  if (standard !== undefined && standard !== null) kind.set(input, standard);
  const label = el("label", { for: id }, key, required ? "" : el("span", { class: "optional" }, " optional"));
  const chooser = schema["x-celeriac-file"] || kind === BYTES ? fileChooser(input, key, { asText: group !== "" }) : null;

  return {
    key,
    node: el("div", { class: "field" }, label, input, chooser?.node, hint, wrong),
    focus: () => input.focus(),
    // The file that was chosen; it goes as a part of a form, and the text stays empty.
    file: () => chooser?.file() ?? null,
    set: (example) => key in example && kind.set(input, example[key]),
    complain(text) {
      wrong.textContent = text;
      input.setAttribute("aria-invalid", String(Boolean(text)));
    },
    read() {
      if (chooser?.file()) return { key, json: null };
      const isEmpty = input.value === "" && input.type !== "checkbox";
      if (isEmpty && !required) return { key, json: null };
      if (isEmpty && !kind.mayBeEmpty) return { key, wrong: "This value is required." };
      if (pattern && !pattern.test(input.value)) return { key, wrong: complaint };
      try {
        return { key, json: kind.read(input) };
      } catch (refusal) {
        return { key, wrong: refusal.message };
      }
    },
  };
}

// What a reference stands for; of a value that may be null, the other kind.
function plain(property, schemas) {
  const whole = property.$ref ? { ...schemas[property.$ref.split("/").at(-1)], ...property } : property;
  const others = whole.anyOf?.filter((one) => one.type !== "null");
  return others?.length === 1 ? plain({ ...others[0], writeOnly: whole.writeOnly }, schemas) : whole;
}

function kindOf(schema) {
  if (schema.enum) return CHOICE;
  if (schema.contentEncoding === "base64" || schema["x-celeriac-file"]) return BYTES;
  if (schema.type === "string" && schema.writeOnly) return SECRET;
  return { boolean: SWITCH, integer: WHOLE, number: DECIMAL, string: TEXT }[schema.type] ?? ANY;
}

const asText = (input, value) => (input.value = typeof value === "string" ? value : JSON.stringify(value));

function typed(pattern, complaint) {
  return {
    input: (_, id) => el("input", { id, inputmode: pattern === INTEGER ? "numeric" : "decimal", autocomplete: "off" }),
    set: asText,
    read(input) {
      const said = input.value.trim();
      if (!pattern.test(said)) throw new Error(complaint);
      return said;
    },
  };
}

const WHOLE = typed(INTEGER, "This should be a whole number.");
const DECIMAL = typed(NUMBER, "This should be a number, such as 2.5.");

const TEXT = {
  mayBeEmpty: true,
  input: (schema, id) =>
    schema.format ? el("input", { id, autocomplete: "off" }) : el("textarea", { id, rows: 2, spellcheck: "false" }),
  set: asText,
  read: (input) => JSON.stringify(input.value),
};

const SECRET = { ...TEXT, input: (_, id) => el("input", { id, type: "password", autocomplete: "off" }) };

const SWITCH = {
  input: (_, id) => el("input", { id, type: "checkbox" }),
  set: (input, value) => (input.checked = value),
  read: (input) => String(input.checked),
};

const CHOICE = {
  input: (schema, id) =>
    el("select", { id }, ...schema.enum.map((one) => el("option", { value: JSON.stringify(one) }, String(one)))),
  set: (input, value) => (input.value = JSON.stringify(value)),
  read: (input) => input.value,
};

const BYTES = {
  ...TEXT,
  input: (_, id) => el("textarea", { id, rows: 3, spellcheck: "false", placeholder: "base64" }),
};

const ANY = {
  input: (_, id) => el("textarea", { id, rows: 4, spellcheck: "false", placeholder: "JSON" }),
  set: (input, value) => (input.value = JSON.stringify(value, null, 2)),
  read(input) {
    try {
      JSON.parse(input.value);
    } catch (wrong) {
      throw new Error(`This should be JSON: ${wrong.message}`);
    }
    return input.value;
  },
};

function hintOf(property, schema, kind) {
  const range = rangeOf(schema);
  const said = property.description ?? schema.description;
  const json = kind === ANY ? `JSON${schema.type ? ` (${schema.type})` : ""}.` : "";
  const hidden = property.writeOnly ? "This value is never shown again." : "";
  return [said, range, schema.format, json, hidden].filter(Boolean).join(" ");
}

function rangeOf({ minimum, maximum }) {
  if (minimum !== undefined && maximum !== undefined) return `${figure(minimum)} to ${figure(maximum)}.`;
  if (minimum !== undefined) return `At least ${figure(minimum)}.`;
  return maximum === undefined ? "" : `At most ${figure(maximum)}.`;
}

function figure(number) {
  return typeof number === "number" ? number.toLocaleString() : number;
}
