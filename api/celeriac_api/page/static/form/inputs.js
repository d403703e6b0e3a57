// The fields for the input of a definition, together: they give its JSON, and say at each what is wrong with it.

import { field } from "./fields.js";

// `group` keeps the names of these fields apart from those of others on the same page.
export function inputsOf(definition, group = "") {
  const { properties = {}, required = [], $defs: schemas = {} } = definition.input_schema;
  return inputs(
    Object.entries(properties).map(([key, property]) =>
      field(key, property, { required: required.includes(key), schemas, group }),
    ),
  );
}

export function inputs(fields) {
  return {
    nodes: fields.map((each) => each.node),
    fill: (example) => fields.forEach((each) => each.set(example)),

    // The members as a list of JSON texts; null where a field is wrong, which then has the focus.
    read() {
      fields.forEach((each) => each.complain(""));
      const parts = fields.map((each) => each.read());
      const bad = fields.filter((each, at) => parts[at].wrong && (each.complain(parts[at].wrong), true));
      bad[0]?.focus();
      if (bad.length) return null;
      // Put together as text: a number goes out with the digits that were typed.
      return parts.filter((part) => part.json !== null).map((part) => `${JSON.stringify(part.key)}:${part.json}`);
    },

    // The files that were chosen, by their parameters.
    files: () => fields.map((each) => [each.key, each.file()]).filter(([, file]) => file),

    // Shows the API's errors at their fields; `prefix` is the pointer to the object in the body. Returns the others.
    complain(errors, prefix = "") {
      const rest = [], complaints = new Map();
      for (const error of errors) {
        const [key, ...inner] = steps(error.pointer, prefix) ?? [];
        const at = fields.find((each) => each.key === key);
        const said = inner.length ? `${inner.join("/")}: ${error.detail}` : error.detail;
        if (at) complaints.set(at, [...(complaints.get(at) ?? []), said]);
        else rest.push(error);
      }
      for (const [at, said] of complaints) at.complain(said.join("; "));
      [...complaints.keys()][0]?.focus();
      return rest;
    },
  };
}

function steps(pointer, prefix) {
  if (!pointer.startsWith(`${prefix}/`)) return null;
  return pointer.slice(prefix.length + 1).split("/").map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}
