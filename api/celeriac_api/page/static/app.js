// The contents of the page: which view stands at which address.

import * as audit from "./operators/audit.js";
import * as batch from "./batches/batch.js";
import * as batches from "./batches/list.js";
import * as caller from "./api/caller.js";
import * as deliveries from "./webhooks/deliveries.js";
import * as endpoints from "./webhooks/endpoints.js";
import { empty, heading } from "./elements/dom.js";
import { here } from "./frame/router.js";
import * as form from "./form/form.js";
import * as key from "./api/key.js";
import * as limits from "./queues/limits.js";
import * as notice from "./elements/notice.js";
import * as queues from "./queues/queues.js";
import * as newSchedule from "./schedules/new.js";
import * as schedule from "./schedules/schedule.js";
import * as schedules from "./schedules/list.js";
import * as scroll from "./frame/scroll.js";
import * as status from "./frame/status.js";
import * as task from "./tasks/task.js";
import * as tasks from "./tasks/list.js";
import * as workers from "./operators/workers.js";

// A view fills `main`. It returns `end()`, and `back()` for when what was away answers again.
const VIEWS = {
  tasks: (main, { rest, query }) => (rest.length ? task.show(main, rest[0]) : tasks.show(main, query)),
  new: (main, { rest }) => form.show(main, rest[0]),
  queues: (main) => queues.show(main),
  batches: (main, { rest, query }) => (rest.length ? batch.show(main, rest[0], query) : batches.show(main, query)),
  schedules: (main, { rest, query }) => (rest.length ? schedule.show(main, rest[0], query) : schedules.show(main, query)),
  "new-schedule": (main, { rest }) => newSchedule.show(main, rest[0]),
  webhooks: (main, { query }) => deliveries.show(main, query),
  endpoints: (main, { query }) => endpoints.show(main, query),
  limits: (main, { query }) => limits.show(main, query),
  workers: (main) => workers.show(main),
  audit: (main) => audit.show(main),
};

// Which entry of the navigation belongs to a view that it does not name.
const BELONGS = { "new-schedule": "schedules", endpoints: "webhooks" };

const frame = document.getElementById("main");
let current = null;

function render({ focus }) {
  current?.end();
  const place = here();
  const view = VIEWS[place.view] ?? nothing;
  const main = document.createElement("div");
  frame.replaceChildren(main);
  markCurrent(BELONGS[place.view] ?? place.view);
  current = view(main, place);
  if (focus) frame.focus({ preventScroll: true });
}

function markCurrent(view) {
  for (const link of document.querySelectorAll(".top nav a")) {
    if (link.getAttribute("href") === `#/${view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function nothing(main) {
  main.append(heading("Page not found"), empty("Nothing has this address. Open Tasks to see the tasks."));
  return { end: () => {}, back: () => {} };
}

let shown = here();
addEventListener("hashchange", () => {
  const next = here();
  // A changed filter keeps the focus where it is.
  const sameView = next.view === shown.view && next.rest.join() === shown.rest.join();
  const focused = document.activeElement?.id;
  shown = next;
  notice.turn();
  render({ focus: !sameView });
  if (sameView && focused) document.getElementById(focused)?.focus({ preventScroll: true });
  scroll.turn({ fresh: !sameView });
});

document.querySelector(".skip").addEventListener("click", (event) => {
  // The address belongs to the views.
  event.preventDefault();
  frame.focus();
});

key.watch({
  back: async () => ((await caller.learn()) ? render({ focus: false }) : current?.back()),
  forgotten: () => (caller.forget(), render({ focus: true })),
});
scroll.watch();
await caller.learn();
if (!current) render({ focus: false });
status.watch(() => current.back());
