// The schedules: when each is due, what it did last, and what can be done with it.

import { may, seesOwners } from "../api/caller.js";
import { badge, el, setText, table } from "../elements/dom.js";
import { emptyWith } from "../elements/command.js";
import { keyed } from "../elements/keyed.js";
import { pages, paged } from "../elements/pages.js";
import { ago, exact } from "../elements/times.js";
import { polled } from "../frame/polled.js";
import { address } from "../frame/router.js";
import { buttons } from "./actions.js";
import { ruleAsWritten, ruleInWords } from "./words.js";

const EXAMPLE = { submit: { name: "add", input: { x: 4, y: 5 } }, cron: "30 2 * * *", zone: "Europe/Berlin" };

export function show(main, query) {
  const body = el("tbody"), more = el("nav", { class: "pages", "aria-label": "Pages" });
  const rows = keyed(body, ({ owner, name }) => JSON.stringify([owner, name]), () => row(() => view.reload()));
  const columns = ["Schedule", "When", "Next", "Last task", ...(seesOwners() ? ["Owner"] : []), ""];
  const view = polled(main, {
    path: paged("/schedules", query),
    title: "Schedules",
    list: table("Schedules", columns, body),
    fill: (schedules, { next_cursor: next }) => {
      rows.fill(schedules);
      more.replaceChildren(...pages(["schedules"], query, next));
    },
    nothing: () => emptyWith("No schedules yet. A schedule submits a task again and again.", {
      method: "PUT",
      path: "/schedules/nightly",
      body: EXAMPLE,
    }),
    beside: may("submit") ? el("a", { class: "button", href: "#/new-schedule" }, "New schedule") : null,
  });
  main.append(more);
  return view;
}

function row(reload) {
  const link = el("a"), paused = badge("paused"), submits = el("small", { class: "under" });
  const rule = el("span"), written = el("small", { class: "under id" });
  const next = el("td"), last = el("a", { class: "id" }), due = el("small"), wrong = el("small", { class: "under error-line" });
  const owner = seesOwners() ? el("td") : null, actions = buttons(reload, { compact: true });
  const node = el(
    "tr",
    {},
    el("td", {}, link, " ", paused, submits),
    el("td", {}, rule, written),
    next,
    el("td", {}, last, " ", due, wrong),
    owner,
    el("td", {}, actions.node),
  );
  const fill = (schedule) => {
    setText(link, schedule.name);
    link.href = addressOf(schedule);
    paused.hidden = !schedule.paused;
    setText(submits, schedule.submits);
    setText(rule, ruleInWords(schedule));
    setText(written, [ruleAsWritten(schedule), schedule.cron && (schedule.zone ?? "UTC")].filter(Boolean).join(" · "));
    setText(next, schedule.next ? ago(schedule.next) : schedule.paused ? "–" : "never again");
    next.title = schedule.next ? exact(schedule.next) : "";
    setText(last, schedule.last_task_id?.slice(0, 8) ?? "–");
    if (schedule.last_task_id) last.href = address(["tasks", schedule.last_task_id]);
    setText(due, schedule.last_due ? ago(schedule.last_due) : "");
    setText(wrong, schedule.error ? `${ago(schedule.error.due)}: ${schedule.error.detail}` : "");
    wrong.title = schedule.error?.detail ?? "";
    if (owner) setText(owner, schedule.owner ?? "–");
    actions.fill(schedule);
  };
  return { node, fill };
}

function addressOf({ name, owner }) {
  return address(["schedules", name], seesOwners() && owner ? new URLSearchParams({ owner }) : undefined);
}
