// Keeps the place on the page for who comes back to it. A view fills itself in a moment, too late for the browser's own way.

const PATIENCE_MS = 3000;

const places = new Map();
let entry = null;
let stop = () => {};

// Called once, before the first view is shown.
export function watch() {
  history.scrollRestoration = "manual";
  entry = named();
  addEventListener("scroll", () => places.set(entry, scrollY), { passive: true });
}

// Called when another view is shown. `fresh`: one that was not visited before begins at its top.
export function turn({ fresh }) {
  stop();
  entry = named();
  if (places.has(entry)) lead(places.get(entry));
  else if (fresh) scrollTo(0, 0);
}

// Each entry of the history has a name of its own, which it keeps when one goes back to it.
function named() {
  const name = history.state?.entry ?? [...crypto.getRandomValues(new Uint32Array(2))].join("-");
  history.replaceState({ entry: name }, "");
  return name;
}

// As soon as there is so much to scroll through; whoever scrolls meanwhile is left alone.
function lead(top) {
  const mine = entry;
  const grown = new ResizeObserver(() => {
    if (document.documentElement.scrollHeight < top + innerHeight) return;
    scrollTo(0, top);
    stop();
  });
  const timer = setTimeout(() => stop(), PATIENCE_MS);
  const given = ["wheel", "touchstart", "keydown", "pointerdown"];
  stop = () => {
    grown.disconnect();
    clearTimeout(timer);
    for (const name of given) removeEventListener(name, stop);
    places.set(mine, scrollY);
    stop = () => {};
  };
  for (const name of given) addEventListener(name, stop, { passive: true });
  grown.observe(document.body);
}
