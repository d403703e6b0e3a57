// Sends an ended delivery again, after a question.

import { may } from "../api/caller.js";
import { json } from "../api/requests.js";
import { confirm } from "../elements/confirm.js";

export function sendAgain({ delivery_id: id, url }, reload) {
  confirm({
    title: "Send it again?",
    about: url,
    text: "It is sent as a new delivery with the same webhook-id: a receiver that remembers this id may ignore it.",
    yes: "Send it again",
    act: async () => {
      await json(`/deliveries/${encodeURIComponent(id)}/retry`, { method: "POST" });
      await reload();
      return "It is being sent again.";
    },
  });
}

export function maySend() {
  return may("submit");
}
