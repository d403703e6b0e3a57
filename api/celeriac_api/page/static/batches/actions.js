// What can be done with a batch: cancel it, run again what failed, save its results.

import { may } from "../api/caller.js";
import { answer, json } from "../api/requests.js";
import { confirm } from "../elements/confirm.js";
import { el } from "../elements/dom.js";
import { notice, noticeThere } from "../elements/notice.js";
import { go } from "../frame/router.js";

// `batch()` is the batch as it is now. What does not fit, or is not allowed, is hidden.
export function actions(batch, reload) {
  const end = button("Cancel", () => cancel(batch(), reload), "grave");
  const again = button("Retry", () => retry(batch()));
  const save = button("Save results", async () => {
    save.disabled = true;
    await download(batch()).catch((problem) => notice(problem.message));
    save.disabled = false;
  });
  const node = el("div", { class: "actions" }, save, again, end);
  const fill = () => {
    const { ready, successful, cancel_requested: isAsked } = batch();
    end.hidden = ready || !may("cancel");
    end.disabled = isAsked;
    end.title = isAsked ? "Somebody has asked to cancel it already." : "";
    again.hidden = !ready || successful || !may("submit");
  };
  return { node, fill };
}

function cancel(batch, reload) {
  confirm({
    title: "Cancel this batch?",
    about: batch.label ?? batch.batch_id,
    text: "All its tasks that have not started end as cancelled and never run. Running tasks are asked to stop. You cannot undo this.",
    option: "End running tasks immediately",
    danger: true,
    yes: "Cancel the batch",
    act: async (atOnce) => {
      const body = atOnce ? '{"terminate":true}' : null;
      const { ready } = await json(`/batches/${batch.batch_id}/cancel`, { method: "POST", body });
      reload();
      return ready ? "The batch is cancelled." : "The batch is being cancelled.";
    },
  });
}

function retry(batch) {
  confirm({
    title: "Run again what failed?",
    about: batch.label ?? batch.batch_id,
    text: "What failed, and what was cancelled because of it, runs again as a new batch. This batch does not change.",
    yes: "Run it again",
    act: async () => {
      const again = await json(`/batches/${batch.batch_id}/retry`, { method: "POST" });
      noticeThere("A new batch was submitted.");
      go(["batches", again.batch_id]);
    },
  });
}

// A link cannot send the key, so the page reads the lines itself.
async function download({ batch_id: id }) {
  const response = await answer(`/batches/${id}/results`, { headers: { Accept: "application/x-ndjson" } });
  const href = URL.createObjectURL(await response.blob());
  el("a", { href, download: `batch-${id}-results.ndjson` }).click();
  URL.revokeObjectURL(href);
}

function button(label, onclick, kind = null) {
  return el("button", { type: "button", class: kind, onclick }, label);
}
