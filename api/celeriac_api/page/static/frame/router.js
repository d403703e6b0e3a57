// What is shown stands in the address, after the #: "#/tasks?state=failed". So a view can be shared and reloaded.

export function here() {
  const [path, query] = location.hash.slice(1).split("?", 2);
  const parts = path.split("/").filter(Boolean).map(decoded);
  return { view: parts[0] ?? "tasks", rest: parts.slice(1), query: new URLSearchParams(query ?? "") };
}

export function address(path, query = new URLSearchParams()) {
  const said = query.toString();
  return `#/${path.map(encodeURIComponent).join("/")}${said ? `?${said}` : ""}`;
}

export function go(path, query) {
  location.hash = address(path, query);
}

// The query with some of it changed; what is null or empty is left out.
export function changed(query, changes) {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    if (value) next.set(name, value);
  }
  return next;
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
