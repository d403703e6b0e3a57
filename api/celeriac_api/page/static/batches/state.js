// One word for the state of a batch.

export function stateOf({ ready, successful, complete }) {
  if (ready) return successful ? "succeeded" : "failed";
  return complete ? "running" : "receiving";
}
