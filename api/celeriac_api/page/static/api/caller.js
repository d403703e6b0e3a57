// Whose key this tab has, and what it may do. What it may not is hidden; the API checks each request itself.

import { el } from "../elements/dom.js";
import { json } from "./requests.js";

const PATIENCE_MS = 1000;
// Views that are useless without a scope.
const NEEDS = {
  "#/new": () => may("read") && may("submit"),
  "#/batches": () => may("read"),
  "#/schedules": () => may("read"),
  "#/webhooks": () => may("read"),
  "#/queues": () => may("metrics"),
  "#/limits": () => may("read"),
  "#/workers": () => may("operate"),
  "#/audit": () => may("admin"),
};

// Until the API has answered, nothing is hidden.
let caller = null;

// Asks whose key it is; answers at the latest after a second, and whether the key may do other things than the one before.
export async function learn() {
  const before = rights();
  const answer = json("/me").then(set, () => {});
  await Promise.race([answer, new Promise((go) => setTimeout(go, PATIENCE_MS))]);
  return rights() !== before;
}

// Whether the key is still valid, and for what: an open stream continues without asking.
export async function check() {
  await json("/me").then(set, () => {});
}

export function forget() {
  set(null);
}

// With a definition: whether its tasks may be submitted. Without: whether those of some definition.
export function may(scope, definition = null) {
  const grants = caller?.scopes ?? ["admin"];
  if (grants.includes("admin") || grants.includes(scope)) return true;
  if (scope === "metrics") return grants.includes("operate");
  return scope === "submit" && grants.some((grant) => covers(grant, definition));
}

// Whether tasks of several owners can be shown.
export function seesOwners() {
  return Boolean(caller?.name) && may("admin");
}

function rights() {
  return JSON.stringify([caller?.owner, caller?.scopes]);
}

function covers(grant, definition) {
  if (!grant.startsWith("submit:")) return false;
  const pattern = grant.slice("submit:".length);
  if (definition === null || pattern === definition) return true;
  return pattern.endsWith("*") && definition.startsWith(pattern.slice(0, -1));
}

function set(answer) {
  caller = answer;
  const place = document.getElementById("caller");
  place.replaceChildren(...(caller?.name ? words(caller) : []));
  for (const link of document.querySelectorAll(".top nav a")) link.hidden = !(NEEDS[link.getAttribute("href")]?.() ?? true);
}

function words({ name, owner, scopes }) {
  const whose = owner && owner !== name ? ` of ${owner}` : "";
  return ["Key ", el("strong", {}, name), `${whose}: ${scopes.join(", ")}`];
}
