// Asking before something is done, in words that say what will happen.

import { el } from "./dom.js";
import { notice } from "./notice.js";

// `about` is the id of what it is done to. Whoever goes to another view leaves the question behind.
// `act(checked)` is called after a yes. What it refuses is said in the dialog, which stays open; what it returns, once the
// dialog is gone: until then nothing else is heard.
export function confirm({ title, about = null, text, yes, option = null, danger = false, act }) {
  const box = option && el("input", { type: "checkbox" });
  const wrong = el("p", { class: "wrong", role: "alert" });
  const go = el("button", { type: "button", class: danger ? "danger" : "primary" }, yes);
  const no = el("button", { type: "button", onclick: () => dialog.close() }, "Go back");
  const dialog = el(
    "dialog",
    { "aria-labelledby": "dialog-title", "aria-describedby": "dialog-text" },
    el("h2", { id: "dialog-title" }, title),
    about && el("p", { class: "id" }, about),
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
  const leave = () => dialog.close();
  dialog.addEventListener("close", () => {
    removeEventListener("hashchange", leave);
    dialog.remove();
  });
  addEventListener("hashchange", leave);
  document.body.append(dialog);
  dialog.showModal();
}
