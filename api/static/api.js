// Talking to the API: JSON in, text and JSON out, every refusal a Problem.

const PATIENCE_MS = 8000;

export class Problem extends Error {
  constructor(status, document) {
    super(document.detail ?? document.title ?? `The API answered ${status}.`);
    this.status = status;
    this.errors = document.errors ?? [];
  }
}

// No answer at all: status 0.
export class Away extends Problem {
  constructor() {
    super(0, { detail: "The API does not answer." });
  }
}

// The text of the answer, exactly as it came.
export async function text(path, { method = "GET", body = null } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== null) headers["Content-Type"] = "application/json";
  let response, said;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    response = await fetch(path, { method, body, headers, signal, cache: "no-store" });
    said = await response.text();
  } catch {
    throw new Away();
  }
  if (!response.ok) throw new Problem(response.status, parsed(said));
  return said;
}

export async function json(path, options) {
  return JSON.parse(await text(path, options));
}

let openapi = null;

// The OpenAPI document; asked for once, again when that failed.
export function description() {
  openapi ??= json("/openapi.json").catch((problem) => {
    openapi = null;
    throw problem;
  });
  return openapi;
}

// The task definitions: name, summary, schema of the input, an example of it.
export async function definitions() {
  const { paths, components } = await description();
  const submissions = Object.entries(paths).filter(([path, { post }]) => post?.requestBody && !isOurs(path));
  return submissions.map(([path, { post }]) => {
    const { schema } = post.requestBody.content["application/json"];
    return {
      name: path.slice(1),
      summary: post.summary ?? "",
      schema,
      schemas: components.schemas,
      example: schema.examples?.[0] ?? null,
    };
  });
}

function isOurs(path) {
  return path === "/tasks" || path.lastIndexOf("/") > 0;
}

function parsed(said) {
  try {
    return JSON.parse(said);
  } catch {
    return {};
  }
}
