// The counts of a batch as a bar, a part for each state, and as words for who does not see it.

import { setText } from "../elements/dom.js";

const SVG = "http://www.w3.org/2000/svg";
const ENDS = ["succeeded", "failed", "cancelled", "expired"];
export const STATES = [...ENDS, "running", "retrying", "queued", "scheduled", "blocked"];

export function bar() {
  const svg = document.createElementNS(SVG, "svg"), title = document.createElementNS(SVG, "title");
  svg.setAttribute("class", "counts");
  svg.setAttribute("role", "img");
  svg.setAttribute("preserveAspectRatio", "none");
  const parts = STATES.map((state) => {
    const part = document.createElementNS(SVG, "rect");
    part.dataset.state = state;
    part.setAttribute("height", "1");
    return part;
  });
  svg.append(title, ...parts);

  function fill({ counts, total }) {
    svg.setAttribute("viewBox", `0 0 ${Math.max(total, 1)} 1`);
    let start = 0;
    STATES.forEach((state, place) => {
      parts[place].setAttribute("x", start);
      parts[place].setAttribute("width", counts[state]);
      start += counts[state];
    });
    setText(title, STATES.filter((state) => counts[state]).map((state) => `${counts[state].toLocaleString()} ${state}`).join(", ") || "no tasks");
    svg.setAttribute("aria-label", title.textContent);
  }
  return { node: svg, fill, ended: ({ counts }) => ENDS.reduce((sum, state) => sum + counts[state], 0) };
}
