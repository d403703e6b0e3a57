// What can be done with the rules of a key: change the limit, or let those of submissions hold again.

import { may, seesOwners } from "../api/caller.js";
import { json, text } from "../api/requests.js";
import { confirm } from "../elements/confirm.js";
import { el } from "../elements/dom.js";

// A key can contain anything, slashes too.
export function path({ key, owner }) {
  const whose = seesOwners() && owner ? `?${new URLSearchParams({ owner })}` : "";
  return `/limits/${encodeURIComponent(key)}${whose}`;
}

// The field and the buttons, for one key after another: `fill(limit)`. They are hidden where the key may not operate.
export function buttons(reload) {
  let limit = null;
  const field = el("input", { type: "number", min: 0, step: 1, required: true, "aria-label": "New limit" });
  const form = el("form", { class: "actions" }, field, el("button", { class: "quiet" }, "Change"));
  const reset = el("button", { type: "button", class: "quiet", onclick: () => remove(limit, reload) }, "Reset");
  form.append(reset);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    change(limit, field.valueAsNumber, reload);
  });
  const fill = (now) => {
    limit = now;
    form.hidden = !may("operate");
    field.placeholder = limit.rules.limit ?? "none";
    reset.hidden = !limit.override;
  };
  return { node: form, fill };
}

function change(limit, count, reload) {
  const tasks = count === 1 ? "1 task" : `${count.toLocaleString()} tasks`;
  const { rate, burst } = limit.override ?? {};
  const rules = Object.fromEntries(Object.entries({ limit: count, rate, burst }).filter(([, value]) => value != null));
  confirm({
    title: "Change the limit?",
    about: limit.key,
    text: `At most ${tasks} of this key are queued or run at once. This holds for those that wait now, too. Running tasks continue.`,
    yes: "Change the limit",
    act: async () => {
      await json(path(limit), { method: "PUT", body: JSON.stringify(rules) });
      await reload();
      return "The limit is changed.";
    },
  });
}

function remove(limit, reload) {
  confirm({
    title: "Reset the limit?",
    about: limit.key,
    text: "The rules that were set here are deleted, and those of the latest submission hold again, at once.",
    yes: "Reset the limit",
    act: async () => {
      await text(path(limit), { method: "DELETE" });
      await reload();
      return "The limit is reset.";
    },
  });
}
