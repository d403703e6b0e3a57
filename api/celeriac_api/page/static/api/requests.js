// Talking to the API: JSON in, text and JSON out, every refusal a Problem.

import { authorization, isNeeded } from "./key.js";

const PATIENCE_MS = 8000;

export class Problem extends Error {
  constructor(status, document) {
    super(document.detail ?? document.title ?? `The API answered ${status}.`);
    this.status = status;
    this.type = document.type ?? "";
    this.title = document.title ?? `The API answered ${status}`;
    this.errors = document.errors ?? [];
  }
}

// No answer at all: status 0.
export class Away extends Problem {
  constructor() {
    super(0, { detail: "The API does not answer." });
  }
}

// Beside this page, wherever it is served: a proxy may have put a prefix before all addresses.
export function here(path) {
  return path.slice(1);
}

// The response, with a body that is still to be read.
export async function answer(path, { headers, ...options } = {}) {
  const given = authorization();
  let response;
  try {
    response = await fetch(here(path), { ...options, headers: { ...given, ...headers }, cache: "no-store" });
  } catch {
    throw new Away();
  }
  if (response.ok) return response;
  const problem = new Problem(response.status, parsed(await response.text().catch(() => "")));
  if (problem.status !== 401) throw problem;
  // It set out before there was the key that there is now.
  if (given.Authorization !== authorization().Authorization) return answer(path, { headers, ...options });
  isNeeded(problem.message);
  throw problem;
}

// The text of the answer, exactly as it came.
export async function text(path, { body = null, headers, patience = PATIENCE_MS, ...options } = {}) {
  const said = { Accept: "application/json", ...(typeof body === "string" ? { "Content-Type": "application/json" } : {}), ...headers };
  const response = await answer(path, { ...options, body, headers: said, signal: AbortSignal.timeout(patience) });
  return response.text().catch(() => {
    throw new Away();
  });
}

export async function json(path, options) {
  return JSON.parse(await text(path, options));
}

// The task definitions as they are now: what is offered, and then what is not.
export async function definitions() {
  return (await json("/catalog")).items;
}

function parsed(said) {
  try {
    return JSON.parse(said) ?? {};
  } catch {
    return {};
  }
}
