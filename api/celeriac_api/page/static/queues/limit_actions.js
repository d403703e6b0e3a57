// What can be done with the rules of a key: change some of them, or let those of submissions hold again.

import { may, seesOwners } from "../api/caller.js";
import { json, text } from "../api/requests.js";
import { confirm } from "../elements/confirm.js";
import { el } from "../elements/dom.js";

const RATE = "\\s*([1-9][0-9]{0,4}|100000)/[smhd]\\s*";

// A key can contain anything, slashes too.
export function path({ key, owner }) {
  const whose = seesOwners() && owner ? `?${new URLSearchParams({ owner })}` : "";
  return `/limits/${encodeURIComponent(key)}${whose}`;
}

// The fields and the buttons, for one key after another: `fill(limit)`. They are hidden where the key may not operate.
export function buttons(reload) {
  let limit = null;
  const fields = {
    limit: el("input", { type: "number", min: 0, step: 1, "aria-label": "New limit", title: "How many at once" }),
    rate: el("input", { pattern: RATE, "aria-label": "New rate", title: "How many start in a second, minute, hour or day: 10/s, 100/m" }),
    burst: el("input", { type: "number", min: 1, step: 1, "aria-label": "New burst", title: "How many start at once after a time without any" }),
  };
  const form = el("form", { class: "actions" }, ...Object.values(fields), el("button", { class: "quiet" }, "Change"));
  const reset = el("button", { type: "button", class: "quiet", onclick: () => remove(limit, reload) }, "Reset");
  form.append(reset);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const rules = given(fields);
    if (Object.keys(rules).length === 0) return fields.limit.focus();
    change(limit, rules, reload);
  });
  const fill = (now) => {
    limit = now;
    form.hidden = !may("operate");
    for (const [name, field] of Object.entries(fields)) field.placeholder = limit.rules[name] ?? name;
    reset.hidden = !limit.override;
  };
  return { node: form, fill };
}

// The rules that were typed; what was left empty stays as it is.
function given({ limit, rate, burst }) {
  const rules = { limit: limit.valueAsNumber, rate: rate.value.trim(), burst: burst.valueAsNumber };
  return Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== "" && !Number.isNaN(value)));
}

function change(limit, changed, reload) {
  const before = Object.entries(limit.override ?? {}).filter(([, value]) => value !== null);
  const rules = { ...Object.fromEntries(before), ...changed };
  confirm({
    title: "Change the limit?",
    about: limit.key,
    text: `${sentences(changed)} This holds for those that wait now, too. Running tasks continue.`,
    yes: "Change the limit",
    act: async () => {
      await json(path(limit), { method: "PUT", body: JSON.stringify(rules) });
      await reload();
      return "The limit is changed.";
    },
  });
}

function sentences({ limit, rate, burst }) {
  const most = limit === 1 ? "1 task" : `${limit?.toLocaleString()} tasks`;
  return [
    limit !== undefined && `At most ${most} of this key are queued or run at once.`,
    rate !== undefined && `Tasks of this key start at ${rate}.`,
    burst !== undefined && `After a time without any, up to ${burst.toLocaleString()} start at once.`,
  ].filter(Boolean).join(" ");
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
