// A list whose items keep their elements while it changes, and with them focus and selection.

// `make(item)` gives {node, fill}; `fill(item)` is called now and whenever the item is there again.
export function keyed(place, key, make) {
  const made = new Map();
  return {
    fill(items) {
      const keys = new Set(items.map(key));
      for (const [one, { node }] of made) if (!keys.has(one)) (node.remove(), made.delete(one));
      items.forEach((item, at) => {
        const one = key(item);
        if (!made.has(one)) made.set(one, make(item));
        const { node, fill } = made.get(one);
        fill(item);
        if (place.children[at] !== node) place.insertBefore(node, place.children[at] ?? null);
      });
    },
    all: () => made.values(),
  };
}
