// What can be done with a queue: keep workers from it, let them in again, cancel all that waits in it.

import { json } from "../api/requests.js";
import { confirm } from "../elements/confirm.js";

export function pause(queue, reload) {
  confirm({
    title: `Pause ${queue.name}?`,
    text:
      "Workers take no more tasks from this queue, also after a restart, until you resume it. " +
      "Running tasks continue. New tasks are accepted and wait.",
    yes: "Pause the queue",
    act: () => done(queue, "pause", () => "The queue is paused.", reload),
  });
}

export function resume(queue, reload) {
  confirm({
    title: `Resume ${queue.name}?`,
    text: `Workers take tasks from this queue again, held tasks first. ${waiting(queue)}`,
    yes: "Resume the queue",
    act: () => done(queue, "resume", () => "The queue is resumed.", reload),
  });
}

export function purge(queue, reload) {
  confirm({
    title: `Purge ${queue.name}?`,
    text: `All tasks that wait in this queue end as cancelled and never run. Running tasks continue. ${waiting(queue)} You cannot undo this.`,
    danger: true,
    yes: "Cancel all waiting tasks",
    act: () => done(queue, "purge", ({ cancelled }) => `${tasks(cancelled)} cancelled.`, reload),
  });
}

async function done(queue, what, said, reload) {
  const answer = await json(`/queues/${encodeURIComponent(queue.name)}/${what}`, { method: "POST" });
  await reload();
  return said(answer);
}

function waiting({ depth }) {
  return depth ? `Right now ${depth === 1 ? "1 task waits" : `${depth.toLocaleString()} tasks wait`}.` : "Right now no task waits.";
}

function tasks(count) {
  return count === 1 ? "1 task was" : `${count.toLocaleString()} tasks were`;
}
