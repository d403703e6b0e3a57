// One schedule: its rules, its next due times, what it submits, and what it did last.

import { seesOwners } from "../api/caller.js";
import { json, text } from "../api/requests.js";
import { badge, el, empty, heading, setText } from "../elements/dom.js";
import { facts } from "../elements/facts.js";
import { ago, exact, exactIn } from "../elements/times.js";
import { repeated } from "../frame/polled.js";
import { address } from "../frame/router.js";
import { folded, laidOut } from "../tasks/result.js";
import { buttons, path } from "./actions.js";
import { ruleAsWritten, ruleInWords } from "./words.js";

const MOST_DUE_TIMES = 10;
const OVERLAPS = { queue: "submit the next one anyway", skip: "leave the due time out", cancel_running: "cancel the last one first" };
const CATCH_UPS = { last: "submit the newest", all: "submit the newest 100", none: "submit none" };

export function show(main, name, query) {
  const asked = { name, owner: query.get("owner") };
  let isThere = false, dueFrom = null, written = null;
  const title = heading(name), paused = badge("paused"), actions = buttons(() => view.reload());
  const told = facts(), wrong = el("section", { "aria-label": "Last error" });
  const due = el("section", { "aria-label": "Next due times" }), submission = el("section", { "aria-label": "Submission" });
  const all = el("div", {}, told.node, wrong, el("div", { class: "columns" }, submission, due)), none = el("div");
  main.append(
    el("p", { class: "back" }, el("a", { href: "#/schedules" }, "All schedules")),
    el("div", { class: "title" }, title, paused, actions.node),
    all,
    none,
  );
  all.hidden = paused.hidden = actions.node.hidden = true;

  async function ask() {
    try {
      const said = await text(path(asked));
      if (view.isOver()) return;
      fill(JSON.parse(said), said);
      isThere = true;
      none.replaceChildren();
    } catch (problem) {
      if (view.isOver() || (isThere && problem.status !== 404)) return;
      all.hidden = actions.node.hidden = true;
      none.replaceChildren(empty(problem.message));
    }
  }

  function fill(schedule, said) {
    all.hidden = false;
    paused.hidden = !schedule.paused;
    actions.fill(schedule);
    told.fill(factsOf(schedule));
    wrong.replaceChildren(...errorOf(schedule));
    const submits = submissionIn(said);
    if (submits !== written) submission.replaceChildren(el("h2", {}, "What it submits"), folded(laidOut(submits), "Submission"));
    written = submits;
    fillDue(schedule);
  }

  async function fillDue(schedule) {
    const from = JSON.stringify([schedule.next, schedule.updated_at]);
    if (from === dueFrom) return;
    dueFrom = from;
    try {
      const { items } = await json(withCount(path(asked, "/next")));
      if (!view.isOver() && from === dueFrom) due.replaceChildren(...dueTimes(items, schedule));
    } catch {
      dueFrom = null;
    }
  }

  const view = repeated(ask);
  return view;
}

function withCount(path) {
  return `${path}${path.includes("?") ? "&" : "?"}count=${MOST_DUE_TIMES}`;
}

function factsOf(schedule) {
  return [
    ["Submits", schedule.submits, { href: address(["tasks"], new URLSearchParams({ schedule: schedule.name })), note: "all its tasks" }],
    ["When", ruleInWords(schedule)],
    ["As written", ruleAsWritten(schedule), { note: schedule.at?.length > 1 ? `and ${schedule.at.length - 1} more` : "" }],
    ["Time zone", schedule.cron && (schedule.zone ?? "UTC")],
    ["Until", ...when(schedule.until)],
    ["Delayed at random by", schedule.jitter ? `up to ${schedule.jitter} s` : null],
    ["Owner", seesOwners() ? schedule.owner : null],
    ["Next", ...when(schedule.next)],
    ["Last due", ...when(schedule.last_due)],
    ["Last task", schedule.last_task_id, { href: schedule.last_task_id && address(["tasks", schedule.last_task_id]) }],
    ["Left out last", ...when(schedule.last_skipped)],
    ["If the last task still runs", OVERLAPS[schedule.overlap] ?? schedule.overlap],
    ["After an outage", CATCH_UPS[schedule.catch_up] ?? schedule.catch_up],
    ["Created", ...when(schedule.created_at)],
  ];
}

function errorOf({ error }) {
  if (!error) return [];
  const head = el("h2", {}, "The last due time has no task");
  return [head, el("div", { class: "error" }, el("strong", {}, exact(error.due)), folded(error.detail, "Error"))];
}

function dueTimes(items, { zone, cron, paused }) {
  const head = el("h2", {}, "Next due times");
  if (!items.length) return [head, el("p", { class: "note" }, paused ? "None while it is paused." : "There are none any more.")];
  const there = cron && (zone ?? "UTC");
  const line = (moment) => el("li", {}, el("time", { datetime: moment }, exact(moment)), el("small", {}, exactIn(moment, there)));
  return [head, el("ol", { class: "moments" }, ...items.map(line))];
}

// The member as it came, digit for digit; it is the last one. No text within JSON has quotes without a backslash.
function submissionIn(said) {
  const start = said.indexOf(',"submit":');
  const written = start < 0 ? "" : said.slice(start + ',"submit":'.length, -1);
  try {
    JSON.parse(written);
    return written;
  } catch {
    return JSON.stringify(JSON.parse(said).submit);
  }
}

function when(moment) {
  return moment ? [exact(moment), { note: ago(moment) }] : [null];
}
