// A small chart of the last figures; the newest is on the right.

import { el, setText } from "../elements/dom.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [300, 48];

// `fill(figures)` draws them, at most `most`; `shown` makes a figure a text.
export function chart(title, most, shown = String) {
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  const area = shape("polygon"), line = shape("polyline");
  const top = el("small", { "aria-hidden": "true" });
  svg.append(area, line);
  const node = el("figure", { class: "chart" }, el("figcaption", {}, title, top), svg);

  function fill(figures) {
    const highest = Math.max(...figures);
    const step = WIDTH / (most - 1), start = WIDTH - (figures.length - 1) * step;
    const points = figures.map((figure, at) => [start + at * step, place(figure, Math.max(1, highest))]);
    line.setAttribute("points", joined(points));
    area.setAttribute("points", joined([[start, HEIGHT], ...points, [WIDTH, HEIGHT]]));
    setText(top, highest ? `up to ${shown(highest)}` : "");
    svg.setAttribute("aria-label", `${title}: now ${shown(figures.at(-1))}, at most ${shown(highest)}`);
  }
  return { node, fill };
}

function shape(name, attributes = {}) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function place(figure, highest) {
  return HEIGHT - 1 - (figure / highest) * (HEIGHT - 3);
}

function joined(points) {
  return points.map((point) => point.map((part) => part.toFixed(1)).join(",")).join(" ");
}
