// One word for where a batch stands.

export function stateOf({ ready, successful, complete }) {
  if (ready) return successful ? "succeeded" : "failed";
  return complete ? "running" : "receiving";
}
