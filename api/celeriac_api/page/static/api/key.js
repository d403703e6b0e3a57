// The key that an API may ask for: kept for this tab alone, and asked for when there is none or it is refused.

import { el } from "../elements/dom.js";
import { notice } from "../elements/notice.js";

const KEPT = "celeriac-key";
const USABLE = /^[\x21-\x7e]+$/;

let needed = () => {};

export function authorization() {
  const key = sessionStorage.getItem(KEPT);
  return key ? bearer(key) : {};
}

export function hasKey() {
  return sessionStorage.getItem(KEPT) !== null;
}

// Called after an answer 401, with its reason.
export function isNeeded(reason) {
  needed(reason);
}

// `back` is called when there is a key that the API takes, `forgotten` when there is none any more.
export function watch({ back, forgotten }) {
  const place = document.getElementById("key"), forget = document.getElementById("forget-key");
  const settle = () => {
    place.replaceChildren();
    forget.hidden = !sessionStorage.getItem(KEPT);
  };
  needed = (reason) => {
    if (place.firstElementChild) return;
    const form = asking(reason, () => (settle(), back()));
    place.append(form);
    form.querySelector("input").focus();
  };
  forget.addEventListener("click", () => {
    sessionStorage.removeItem(KEPT);
    settle();
    notice("The key is forgotten.");
    forgotten();
  });
  settle();
}

function asking(reason, onkey) {
  const input = el("input", { id: "key-given", type: "password", autocomplete: "off", "aria-describedby": "key-wrong" });
  const wrong = el("p", { class: "wrong", id: "key-wrong", role: "alert" });
  const title = sessionStorage.getItem(KEPT) ? `The API no longer accepts your key. ${reason}` : "This API requires a key.";
  const form = el("form", { class: "key", "aria-label": "Key" });
  form.append(
    el("label", { for: "key-given" }, `${title} The page keeps the key until you close this tab.`),
    el("div", { class: "actions" }, input, el("button", { class: "primary" }, "Use this key")),
    wrong,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    wrong.textContent = "";
    wrong.textContent = await complaint(input.value.trim());
    if (wrong.textContent) return input.focus();
    sessionStorage.setItem(KEPT, input.value.trim());
    onkey();
  });
  return form;
}

// Why this key cannot be used; an empty text if it can.
async function complaint(key) {
  if (!USABLE.test(key)) return "A key consists of letters, digits and punctuation, without spaces.";
  try {
    const response = await fetch("me", { headers: bearer(key), cache: "no-store" });
    return response.status === 401 ? `The API does not accept this key. ${(await response.json()).detail}` : "";
  } catch {
    return "The API does not answer. Try again in a moment.";
  }
}

function bearer(key) {
  return { Authorization: `Bearer ${key}` };
}
