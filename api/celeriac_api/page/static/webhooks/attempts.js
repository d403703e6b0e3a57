// The attempts of a delivery: the error of the last one, and all of them on request.

import { el, setText } from "../elements/dom.js";
import { keyed } from "../elements/keyed.js";
import { ago, exact, span } from "../elements/times.js";

export function attempts() {
  const wrong = el("span", { class: "wrong" }), count = el("summary"), list = el("ol", { class: "attempts" });
  const all = el("details", {}, count, list), lines = keyed(list, ({ at }) => at, line);
  const node = el("div", {}, wrong, all);
  const fill = ({ attempts: tried, error }) => {
    setText(wrong, error ?? "");
    all.hidden = !tried.length;
    setText(count, tried.length === 1 ? "1 attempt" : `${tried.length} attempts`);
    lines.fill(tried);
  };
  return { node, fill };
}

function line({ at, duration, status, error }) {
  const when = el("time", { datetime: at, title: exact(at) });
  const outcome = el("strong", {}, status === null ? "no answer" : String(status));
  // The status says the same as the error of an answer.
  const reason = status === null && error ? ` · ${error}` : "";
  const node = el("li", {}, outcome, " ", when, ` · took ${span(duration * 1000)}${reason}`);
  return { node, fill: () => setText(when, ago(at)) };
}
