// Says plainly when the API, Redis or all workers are away, or Redis is unsafe, and tells the page when they are back.

import { check, may } from "../api/caller.js";
import { json } from "../api/requests.js";
import { el, setText } from "../elements/dom.js";

const EVERY_MS = 3000;
// The API itself gives Redis two seconds.
const PATIENCE_MS = 4000;
const WORKERS_EVERY = 3;
// What works all the same: nothing that is shown is old.
const WORKS = "urn:celeriac:problem:redis-unsafe";

let asked = 0;
let noWorkers = false;

// `onback` is called when what was away answers again.
export function watch(onback) {
  let wasAway = false;
  const look = async () => {
    if (document.hidden) return;
    const trouble = await whatIsWrong();
    show(trouble);
    if (wasAway && !trouble?.away) onback();
    wasAway = Boolean(trouble?.away);
  };
  const loop = async () => {
    await look();
    setTimeout(loop, EVERY_MS);
  };
  document.addEventListener("visibilitychange", look);
  loop();
}

async function whatIsWrong() {
  try {
    await json("/readyz", { patience: PATIENCE_MS });
  } catch (problem) {
    if (problem.status === 401) return null;
    asked = 0;
    if (problem.status === 0) {
      return { away: true, title: "The API does not answer.", detail: "This page may be out of date." };
    }
    return { away: problem.type !== WORKS, title: `${problem.title}.`, detail: problem.message };
  }
  await check();
  if (await areAllWorkersAway()) {
    return { title: "No worker is running.", detail: "Tasks are accepted and wait until a worker starts." };
  }
  return null;
}

async function areAllWorkersAway() {
  // Often while they are missed, and seldom while they are there.
  if (!may("operate") || (asked++ % WORKERS_EVERY && !noWorkers)) return false;
  try {
    noWorkers = (await json("/workers")).items.length === 0;
  } catch {
    noWorkers = false;
  }
  return noWorkers;
}

function show(trouble) {
  const place = document.getElementById("status");
  if (!trouble) return place.replaceChildren();
  const said = `${trouble.title} ${trouble.detail}${trouble.away ? " Trying again every few seconds." : ""}`;
  const box = place.firstElementChild ?? place.appendChild(el("p"));
  box.className = trouble.away ? "trouble away" : "trouble";
  setText(box, said);
}
