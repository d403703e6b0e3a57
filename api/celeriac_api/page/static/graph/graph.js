// A part of the page of a task: what it waits for, and what waits for it.

import { json } from "../api/requests.js";
import { follow } from "../api/stream.js";
import { el, setText } from "../elements/dom.js";
import { drawing } from "./drawing.js";

const MOST = 50;
const EVERY_MS = 5000;
const AFTER_CHANGE_MS = 500;

export function graph(id) {
  let over = false, timer = null, items = [], stop = null;
  const picture = drawing(), said = el("p", { class: "note" });
  const frame = el("div", { class: "wide graph-frame" }, picture.node);
  const node = el("section", { "aria-label": "Graph", hidden: true }, el("h2", {}, "What waits for what"), said, frame);

  async function load() {
    clearTimeout(timer);
    try {
      const answer = await json(`/tasks/${encodeURIComponent(id)}/graph?limit=${MOST}`);
      if (!over) fill(answer.items);
    } catch {
      // The page of the task says what is wrong.
    }
    clearTimeout(timer);
    if (!over && !items.every((item) => item.ready)) timer = setTimeout(load, EVERY_MS);
  }

  function fill(now) {
    items = now;
    const wasHidden = node.hidden;
    node.hidden = items.length < 2;
    if (node.hidden) return;
    picture.fill(items);
    setText(said, sentence(items));
    picture.node.setAttribute("aria-label", `Graph: ${said.textContent}`);
    if (wasHidden) requestAnimationFrame(() => center(frame));
    stop ??= follow("/events", { state: changed, cut: soon });
  }

  // States come with the events at once; the rest is asked for a moment later.
  function changed({ task_id: other, state }) {
    const item = items.find((each) => each.id === other);
    if (!item && state !== "blocked") return;
    if (item) picture.state(other, state);
    soon();
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(load, AFTER_CHANGE_MS);
  }

  const end = () => {
    over = true;
    clearTimeout(timer);
    stop?.();
  };
  return { node, load, end };
}

function sentence([{ after, followers }, ...others]) {
  const parts = [
    after.count ? `It waits or waited for ${counted(after.count)}.` : "",
    followers.count ? `${sized(counted(followers.count))} ${followers.count === 1 ? "waits or waited" : "wait or waited"} for it.` : "",
    others.length === MOST - 1 ? `The ${MOST} nearest are shown; +1 means that one more is not.` : "",
  ];
  return parts.filter(Boolean).join(" ");
}

function counted(count) {
  return count === 1 ? "one task" : `${count.toLocaleString()} tasks`;
}

function sized(text) {
  return text[0].toUpperCase() + text.slice(1);
}

// A drawing that is larger than its frame begins with the task itself in view.
function center(frame) {
  const here = frame.querySelector('[aria-current="page"]')?.getBoundingClientRect(), outer = frame.getBoundingClientRect();
  if (!here) return;
  frame.scrollLeft += here.left + here.width / 2 - (outer.left + outer.width / 2);
  frame.scrollTop += here.top + here.height / 2 - (outer.top + outer.height / 2);
}
