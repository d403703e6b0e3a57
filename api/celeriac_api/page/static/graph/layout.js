// Where each item of a graph is drawn: in columns, so that every line leads to the right.

export const [WIDTH, HEIGHT] = [168, 46];
const [GAP_X, GAP_Y, EDGE] = [64, 14, 44];

// `items` as the API has them: the first is in the middle of the others. Gives {nodes: [{item, x, y}], lines: [[from, to]], width, height}.
export function layout(items) {
  const byId = new Map(items.map((item) => [item.id, item]));
  const before = neighbors(byId, "after", "followers"), behind = neighbors(byId, "followers", "after");
  const root = items[0].id, columns = new Map([[root, 0]]);
  place(root, before, behind, columns, -1);
  place(root, behind, before, columns, 1);
  const rows = arranged(columns, before, behind, root);
  const first = Math.min(...rows.keys()), last = Math.max(...rows.keys());
  const highest = Math.max(...[...rows.values()].map((ids) => ids.length));
  const height = highest * (HEIGHT + GAP_Y) - GAP_Y;
  const nodes = [...rows.keys()].sort((a, b) => a - b).flatMap((column) => {
    const ids = rows.get(column), top = (height - (ids.length * (HEIGHT + GAP_Y) - GAP_Y)) / 2;
    return ids.map((id, row) => ({ item: byId.get(id), x: EDGE + (column - first) * (WIDTH + GAP_X), y: 1 + top + row * (HEIGHT + GAP_Y) }));
  });
  const lines = [...columns.keys()].flatMap((id) => [...behind.get(id)].filter((other) => columns.has(other)).map((other) => [id, other]));
  return { nodes, lines, width: 2 * EDGE + (last - first + 1) * (WIDTH + GAP_X) - GAP_X, height: height + 2 };
}

// Each line is named by one of its ends at least.
function neighbors(byId, side, otherSide) {
  const found = new Map([...byId.keys()].map((id) => [id, new Set()]));
  for (const item of byId.values()) {
    for (const other of item[side].tasks) if (byId.has(other)) found.get(item.id).add(other);
    for (const other of item[otherSide].tasks) if (byId.has(other)) found.get(other).add(item.id);
  }
  return found;
}

// The columns of all that is reached from the root on one side: one further than the furthest of those between the two.
function place(root, onward, back, columns, step) {
  const reached = new Set([root]), queue = [root];
  for (const id of queue) for (const other of onward.get(id)) if (!reached.has(other)) (reached.add(other), queue.push(other));
  const open = new Map([...reached].map((id) => [id, [...back.get(id)].filter((other) => reached.has(other)).length]));
  const ready = [root];
  for (const id of ready) {
    for (const other of onward.get(id)) {
      const column = columns.get(id) + step, known = columns.get(other);
      if (known === undefined || Math.abs(column) > Math.abs(known)) columns.set(other, column);
      open.set(other, open.get(other) - 1);
      if (open.get(other) === 0) ready.push(other);
    }
  }
}

// The ids of each column, from the root outwards, each near to those that it is joined to.
function arranged(columns, before, behind, root) {
  const rows = new Map([[0, [root]]]), heights = new Map([[root, 0]]);
  for (const step of [-1, 1]) {
    const nearer = step < 0 ? behind : before;
    for (let column = step; ; column += step) {
      const ids = [...columns.keys()].filter((id) => columns.get(id) === column);
      if (!ids.length) break;
      const weights = new Map(ids.map((id) => [id, mean([...nearer.get(id)].filter((other) => heights.has(other)).map((other) => heights.get(other)))]));
      ids.sort((a, b) => weights.get(a) - weights.get(b));
      ids.forEach((id, row) => heights.set(id, row - (ids.length - 1) / 2));
      rows.set(column, ids);
    }
  }
  return rows;
}

function mean(numbers) {
  return numbers.length ? numbers.reduce((sum, one) => sum + one, 0) / numbers.length : 0;
}
