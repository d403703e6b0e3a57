// Server-sent events that come back by themselves, also after an answer that a browser takes as final.

const AGAIN_MS = 3000;

// `handlers` are by event name. `opened` is called whenever the stream flows again, `restarted` before it is told from
// its beginning once more. Returns what ends it.
export function follow(path, handlers, { opened = () => {}, restarted = () => {} } = {}) {
  let source, timer, over = false;
  const begin = () => {
    source = new EventSource(path);
    source.onopen = opened;
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => handle(JSON.parse(event.data), event.lastEventId));
    }
    source.onerror = () => {
      // The browser tries again by itself unless the answer was a refusal.
      if (source.readyState !== EventSource.CLOSED || over) return;
      timer = setTimeout(() => (restarted(), begin()), AGAIN_MS);
    };
  };
  begin();
  return () => {
    over = true;
    clearTimeout(timer);
    source.close();
  };
}
