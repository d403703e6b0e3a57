// What can be done with a schedule: submit its task now, pause it, resume it, delete it.

import { may, seesOwners } from "../api/caller.js";
import { json, text } from "../api/requests.js";
import { confirm } from "../elements/confirm.js";
import { el, setText } from "../elements/dom.js";
import { noticeThere } from "../elements/notice.js";
import { go } from "../frame/router.js";

// Names belong to owners: who sees several owners says whose schedule it is.
export function path({ name, owner }, action = "") {
  const whose = seesOwners() && owner ? `?${new URLSearchParams({ owner })}` : "";
  return `/schedules/${encodeURIComponent(name)}${action}${whose}`;
}

// The buttons, for one schedule after another: `fill(schedule)`. They are hidden where the key may not submit its tasks.
export function buttons(reload, { compact = false } = {}) {
  let schedule = null;
  const kind = compact ? "quiet" : null;
  const run = button("Run now", () => runNow(schedule, reload), kind);
  const hold = button("Pause", () => (schedule.paused ? resume : pause)(schedule, reload), kind);
  const remove = compact ? null : button("Delete", () => erase(schedule), "grave");
  const node = el("div", { class: "actions" }, run, hold, remove);
  const fill = (now) => {
    schedule = now;
    node.hidden = !may("submit", schedule.submits);
    setText(hold, schedule.paused ? "Resume" : "Pause");
  };
  return { node, fill };
}

function runNow(schedule, reload) {
  confirm({
    title: "Run it now?",
    about: schedule.name,
    text: `A task ${schedule.submits} is submitted now with the input of the schedule. The due times do not change.`,
    yes: "Run it now",
    act: async () => {
      const { task_id: id } = await json(path(schedule, "/run"), { method: "POST" });
      noticeThere("A task was submitted.");
      reload();
      go(["tasks", id]);
    },
  });
}

function pause(schedule, reload) {
  confirm({
    title: "Pause this schedule?",
    about: schedule.name,
    text: "It submits nothing until you resume it. Due times that pass meanwhile are not caught up.",
    yes: "Pause the schedule",
    act: () => change(schedule, "/pause", "The schedule is paused.", reload),
  });
}

function resume(schedule, reload) {
  confirm({
    title: "Resume this schedule?",
    about: schedule.name,
    text: "It is due again from now on. Due times that passed meanwhile are not caught up.",
    yes: "Resume the schedule",
    act: () => change(schedule, "/resume", "The schedule is resumed.", reload),
  });
}

async function change(schedule, action, done, reload) {
  await json(path(schedule, action), { method: "POST" });
  await reload();
  return done;
}

function erase(schedule) {
  confirm({
    title: "Delete this schedule?",
    about: schedule.name,
    text: "Nothing is submitted any more. Tasks that it has submitted stay. You cannot undo this.",
    danger: true,
    yes: "Delete the schedule",
    act: async () => {
      await text(path(schedule), { method: "DELETE" });
      noticeThere("The schedule is deleted.");
      go(["schedules"]);
    },
  });
}

function button(label, onclick, kind) {
  return el("button", { type: "button", class: kind, onclick }, label);
}
