// Making elements. Data becomes text and attributes, never markup.

export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// Touches the document only where the text has changed, so that a selection and a focus stay.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// For who does not see it: said once by a screen reader.
export function announce(text) {
  setText(document.getElementById("announcer"), text);
}

export function badge(state) {
  return el("span", { class: "badge", "data-state": state }, state);
}

export function heading(text) {
  document.title = `${text} · Celeriac`;
  return el("h1", {}, text);
}

export function empty(text, ...more) {
  return el("p", { class: "empty" }, text, ...more);
}

// Shown only when it takes a while.
export function loading() {
  return el("p", { class: "empty late" }, "Loading…");
}

// A table in a frame that scrolls by itself when it is too wide.
export function table(label, columns, body) {
  const head = el("tr", {}, ...columns.map((column) => el("th", { scope: "col" }, column)));
  return el("div", { class: "wide" }, el("table", { "aria-label": label }, el("thead", {}, head), body));
}
