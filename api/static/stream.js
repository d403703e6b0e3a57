// Server-sent events that come back by themselves, also after an answer that a browser takes as final.

const AGAIN_MS = 3000;

// `handlers` are by event name; `onopen` is called at each new beginning. Returns what ends it.
export function follow(path, handlers, onopen = () => {}) {
  let source, timer, over = false;
  const begin = () => {
    source = new EventSource(path);
    source.onopen = onopen;
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => handle(JSON.parse(event.data), event.lastEventId));
    }
    source.onerror = () => {
      // The browser tries again by itself unless the answer was a refusal.
      if (source.readyState !== EventSource.CLOSED || over) return;
      timer = setTimeout(begin, AGAIN_MS);
    };
  };
  begin();
  return () => {
    over = true;
    clearTimeout(timer);
    source.close();
  };
}
