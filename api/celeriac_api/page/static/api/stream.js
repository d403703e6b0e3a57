// Server-sent events, read with `fetch`: unlike EventSource it can send a key. They come back by themselves, where they
// were left off.

import { answer } from "./requests.js";

const AGAIN_MS = 2000;
// The API says something every 10 seconds; after such a silence there is nobody at the other end.
const SILENCE_MS = 25_000;
// After so long it is the turn of clicks and frames, however much has come.
const BREATH_MS = 10;

// `handlers` are by event name; `opened` is called whenever the stream flows again. Returns what ends it.
export function follow(path, handlers, { opened = () => {} } = {}) {
  let over = false, last = null, controller = null, timer = null;

  async function read() {
    controller = new AbortController();
    const alive = watchdog(controller);
    try {
      const headers = { Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) };
      const response = await answer(path, { headers, signal: controller.signal });
      opened();
      let rest = "", rested = performance.now();
      for await (const chunk of chunks(response.body)) {
        alive.seen();
        const events = (rest + chunk).split("\n\n");
        rest = events.pop();
        for (const event of events) {
          if (!over) tell(event);
          if (performance.now() - rested > BREATH_MS) rested = await breath();
        }
      }
    } catch {
      // What is away is said by the status line; here it is tried again.
    }
    alive.end();
    if (!over) timer = setTimeout(read, AGAIN_MS);
  }

  function tell(event) {
    let name = "message", data = "";
    for (const line of event.split("\n")) {
      const [, field, value] = /^(\w*): ?(.*)$/s.exec(line) ?? [];
      if (field === "event") name = value;
      if (field === "id") last = value;
      if (field === "data") data += value;
    }
    if (data) handlers[name]?.(JSON.parse(data), last);
  }

  read();
  return () => {
    over = true;
    clearTimeout(timer);
    controller.abort();
  };
}

// Not every browser can iterate over a stream.
async function* chunks(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part; !(part = await reader.read()).done; ) yield part.value;
}

// A hidden tab has nothing else to do, and its timers are slow.
async function breath() {
  if (!document.hidden) await new Promise((go) => setTimeout(go));
  return performance.now();
}

function watchdog(controller) {
  let timer;
  const seen = () => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(), SILENCE_MS);
  };
  seen();
  return { seen, end: () => clearTimeout(timer) };
}
