// Asking before something is done, in words that say what will happen.

import { el } from "./dom.js";
import { notice } from "./notice.js";

// `act(checked)` is called after a yes. What it refuses is said in the dialog, which stays open; what it returns, once the
// dialog is gone: until then nothing else is heard.
export function confirm({ title, text, yes, option = null, danger = false, act }) {
  const box = option && el("input", { type: "checkbox" });
  const wrong = el("p", { class: "wrong", role: "alert" });
  const go = el("button", { type: "button", class: danger ? "danger" : "primary" }, yes);
  const no = el("button", { type: "button", onclick: () => dialog.close() }, "Leave it");
  const dialog = el(
    "dialog",
    { "aria-labelledby": "dialog-title", "aria-describedby": "dialog-text" },
    el("h2", { id: "dialog-title" }, title),
    el("p", { id: "dialog-text" }, text),
    option && el("label", { class: "check" }, box, option),
    wrong,
    el("div", { class: "actions" }, no, go),
  );
  go.addEventListener("click", async () => {
    go.disabled = true;
    try {
      const done = await act(Boolean(box?.checked));
      dialog.close();
      if (done) notice(done);
    } catch (problem) {
      wrong.textContent = problem.message;
    }
    go.disabled = false;
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
