// What can be done with a queue: keep workers from it, let them in again, cancel all that waits in it.

import { json } from "../api/requests.js";
import { confirm } from "../elements/confirm.js";

export function pause(queue, reload) {
  confirm({
    title: `Pause ${queue.name}?`,
    text:
      "Workers take no more tasks from it, also after a restart, until it is resumed. " +
      "What runs now goes on; what is submitted is accepted and waits.",
    yes: "Pause the queue",
    act: () => done(queue, "pause", () => "The queue is paused.", reload),
  });
}

export function resume(queue, reload) {
  confirm({
    title: `Resume ${queue.name}?`,
    text: `Workers take tasks from it again, what was held first. ${waiting(queue)}`,
    yes: "Resume the queue",
    act: () => done(queue, "resume", () => "The queue goes on.", reload),
  });
}

export function purge(queue, reload) {
  confirm({
    title: `Purge ${queue.name}?`,
    text: `All that waits in it ends as cancelled and never runs; what runs now goes on. ${waiting(queue)} This cannot be taken back.`,
    danger: true,
    yes: "Cancel all that waits",
    act: () => done(queue, "purge", ({ cancelled }) => `${tasks(cancelled)} cancelled.`, reload),
  });
}

async function done(queue, what, said, reload) {
  const answer = await json(`/queues/${encodeURIComponent(queue.name)}/${what}`, { method: "POST" });
  await reload();
  return said(answer);
}

function waiting({ depth }) {
  return depth ? `Right now ${depth === 1 ? "1 task waits" : `${depth.toLocaleString()} tasks wait`}.` : "Right now nothing waits.";
}

function tasks(count) {
  return count === 1 ? "1 task was" : `${count.toLocaleString()} tasks were`;
}
