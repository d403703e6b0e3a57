// What can be done with a task: cancel it, or run its input again.

import { may } from "../api/caller.js";
import { json } from "../api/requests.js";
import { confirm } from "../elements/confirm.js";
import { el } from "../elements/dom.js";
import { noticeThere } from "../elements/notice.js";
import { go } from "../frame/router.js";

// Fills `place` with the buttons that fit and that the key allows; one that fits still stays, and with it the focus.
export function actions(place, task, reload) {
  const [label, act, isAllowed] = fitting(task());
  if (!isAllowed) return place.replaceChildren();
  if (place.firstElementChild?.textContent === label) return;
  const kind = task().ready ? null : "grave";
  place.replaceChildren(el("button", { type: "button", class: kind, onclick: () => act(task(), reload) }, label));
}

function fitting(task) {
  if (task.ready) return ["Retry", retry, may("submit", task.name)];
  return isAskedToEnd(task) ? ["Terminate", terminate, may("cancel")] : ["Cancel", cancel, may("cancel")];
}

// Asking once more would change nothing.
export function isAskedToEnd(task) {
  return task.state === "running" && task.cancel_requested;
}

function cancel(task, reload) {
  const runs = task.state === "running";
  confirm({
    title: `Cancel this ${task.name}?`,
    about: task.task_id,
    text: runs
      ? "The task is running. It is asked to stop; a task that does not check for this continues. Work already done is not undone."
      : `The task is ${task.state} and will never start${task.attempt ? " again" : ""}. You cannot undo this.`,
    option: runs ? "End it immediately" : null,
    danger: true,
    yes: "Cancel the task",
    act: (atOnce) => end(task, atOnce, reload),
  });
}

function terminate(task, reload) {
  confirm({
    title: `End this ${task.name} now?`,
    about: task.task_id,
    text: "The task was asked to stop and is still running. It is ended immediately. Work already done is not undone.",
    danger: true,
    yes: "End it now",
    act: () => end(task, true, reload),
  });
}

async function end(task, atOnce, reload) {
  const body = atOnce ? '{"terminate":true}' : null;
  const now = await json(`/tasks/${task.task_id}/cancel`, { method: "POST", body });
  reload();
  if (now.ready) return `The task is ${now.state}.`;
  return atOnce ? "Its process is being ended." : "The task is asked to stop.";
}

function retry(task) {
  confirm({
    title: `Run this ${task.name} again?`,
    about: task.task_id,
    text: "The same input runs again as a new task with its own id. This task does not change.",
    yes: "Run it again",
    act: async () => {
      const again = await json(`/tasks/${task.task_id}/retry`, { method: "POST" });
      noticeThere("A new task was submitted.");
      go(["tasks", again.task_id]);
    },
  });
}
