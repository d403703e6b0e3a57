// A small line of the last figures; the newest is on the right.

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [120, 24];

export function sparkline(figures, most) {
  const top = Math.max(1, ...figures);
  const step = WIDTH / (most - 1);
  const start = WIDTH - (figures.length - 1) * step;
  const points = figures.map((figure, at) => [start + at * step, HEIGHT - 2 - (figure / top) * (HEIGHT - 4)]);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("class", "sparkline");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `from ${figures[0]} to ${figures.at(-1)}, at most ${Math.max(...figures)}`);
  const line = document.createElementNS(SVG, "polyline");
  line.setAttribute("points", points.map((point) => point.map((part) => part.toFixed(1)).join(",")).join(" "));
  svg.append(line);
  return svg;
}
