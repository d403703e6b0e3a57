// Lists that come in pages: the address has the cursor.

import { el } from "./dom.js";
import { address } from "../frame/router.js";

// The path of the page that the address of the view asks for.
export function paged(path, query) {
  const cursor = query.get("cursor");
  return cursor ? `${path}?${new URLSearchParams({ cursor })}` : path;
}

// Links to the first page and to the next one, as far as there are any.
export function pages(place, query, next, [first, onward] = ["First", "Next"]) {
  const start = new URLSearchParams(query), more = new URLSearchParams(query);
  start.delete("cursor");
  more.set("cursor", next);
  return [
    query.has("cursor") ? el("a", { href: address(place, start) }, first) : null,
    next ? el("a", { href: address(place, more) }, onward) : null,
  ].filter(Boolean);
}
