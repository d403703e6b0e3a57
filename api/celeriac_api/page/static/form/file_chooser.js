// Chooses a file, or takes one that is dropped on its field; shows a picture of it.

import { el } from "../elements/dom.js";

export const SHOWN = /^image\/(png|jpeg|gif|webp)$/;
export const MOST_SHOWN = 10_000_000;

// With `asText`, the file becomes base64 in `input`: what is sent has to be JSON.
export function fileChooser(input, key, { asText = false } = {}) {
  const choose = el("input", { type: "file", "aria-label": `File for ${key}` });
  const picture = el("img", { class: "preview", alt: "", hidden: true });
  const node = el("div", { class: "file" }, choose, picture);
  const show = () => {
    const file = choose.files[0];
    if (asText) return file && base64(file, input);
    input.value = "";
    input.disabled = Boolean(file);
    picture.hidden = true;
    if (file && SHOWN.test(file.type) && file.size <= MOST_SHOWN) preview(file, picture);
  };
  choose.addEventListener("change", show);
  for (const kind of ["dragenter", "dragover"]) node.addEventListener(kind, (event) => event.preventDefault());
  node.addEventListener("drop", (event) => {
    event.preventDefault();
    choose.files = event.dataTransfer.files;
    show();
  });
  return { node, file: () => (asText ? null : (choose.files[0] ?? null)) };
}

function base64(file, input) {
  const reader = new FileReader();
  reader.onload = () => (input.value = reader.result.slice(reader.result.indexOf(",") + 1));
  reader.readAsDataURL(file);
}

export function preview(blob, picture) {
  const reader = new FileReader();
  reader.onload = () => {
    picture.src = reader.result;
    picture.hidden = false;
  };
  reader.readAsDataURL(blob);
}
