// The drawing of a graph: a link for each item, and lines between them. Screen readers hear each item as a sentence.

import { address } from "../frame/router.js";
import { HEIGHT, WIDTH, layout } from "./layout.js";

const SVG = "http://www.w3.org/2000/svg";
const MOST_LETTERS = 19;

export function drawing() {
  const svg = shape("svg", { class: "graph", role: "group" });
  let drawn = new Map(), form = "";

  // What stays the same is not drawn again, and keeps the focus.
  function fill(items) {
    const now = JSON.stringify(items.map(({ id, after, followers }) => [id, after, followers]));
    if (now !== form) draw(items);
    form = now;
    for (const item of items) drawn.get(item.id)?.(item);
  }

  function draw(items) {
    const focused = svg.contains(document.activeElement) && document.activeElement.dataset.id;
    const { nodes, lines, width, height } = layout(items);
    const places = new Map(nodes.map((node) => [node.item.id, node]));
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    const made = nodes.map((node) => box(node, node.item.id === items[0].id));
    drawn = new Map(made.map(({ id, fill: state }) => [id, state]));
    svg.replaceChildren(
      ...lines.map(([from, to]) => line(places.get(from), places.get(to))),
      ...nodes.flatMap(hidden),
      ...made.map(({ node }) => node),
    );
    if (focused) svg.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
  }

  return { node: svg, fill, state: (id, state) => drawn.get(id)?.({ state }) };
}

function box({ item, x, y }, isHere) {
  const { id, kind, name } = item;
  const attributes = { href: address([kind === "batch" ? "batches" : "tasks", id]), "data-id": id, class: kind };
  const link = shape("a", isHere ? { ...attributes, "aria-current": "page" } : attributes);
  const title = shape("title"), state = written(x + 12, y + 36, "", "state");
  const said = kind === "batch" ? `batch ${name}`.trim() : name;
  link.append(
    shape("rect", { x, y, width: WIDTH, height: HEIGHT, rx: 8 }),
    written(x + 12, y + 19, shortened(said), "name"),
    state,
    written(x + WIDTH - 12, y + 36, id.slice(0, 8), "id"),
    title,
  );
  const fill = (now) => {
    link.dataset.state = now.state;
    state.textContent = now.state;
    title.textContent = `${said} ${id}`;
    link.setAttribute("aria-label", `${said} ${id.slice(0, 8)}, ${now.state}; it waits for ${item.after.count}, ${item.followers.count} wait for it`);
  };
  return { id, node: link, fill };
}

function line(from, to) {
  const [x, y, end, height] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
  const middle = (x + end) / 2;
  return shape("path", { d: `M${x},${y} C${middle},${y} ${middle},${height} ${end},${height}` });
}

// How many more there are on each side.
function hidden({ item, x, y }) {
  const [before, behind] = [item.after, item.followers].map(({ count, tasks }) => count - tasks.length);
  const parts = [];
  if (before > 0) parts.push(written(x - 8, y + HEIGHT / 2 - 6, `+${before}`, "more before"));
  if (behind > 0) parts.push(written(x + WIDTH + 8, y + HEIGHT / 2 - 6, `+${behind}`, "more"));
  return parts;
}

function written(x, y, text, kind) {
  const made = shape("text", { x, y, class: kind });
  made.textContent = text;
  return made;
}

function shortened(text) {
  const letters = [...text];
  return letters.length > MOST_LETTERS ? `${letters.slice(0, MOST_LETTERS - 1).join("")}…` : text;
}

function shape(name, attributes = {}) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
