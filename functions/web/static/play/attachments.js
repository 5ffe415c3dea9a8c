// @ts-check
/** Images and files of a message: chosen, dropped or pasted. */
import { h, icon, iconButton } from "../lib/dom.js";
import { fileOf, keepFile } from "../lib/files.js";
import { bytes } from "../lib/format.js";

/** A request has 5 MB at most, and a file grows by a third on its way. */
const LARGEST = 3.5e6;

/** @param {(file: import("./draft.js").Attachment) => void} taken @param {(text: string) => void} refused */
export function attachButton(taken, refused) {
  const field = h("input", { type: "file", multiple: true, hidden: true, "aria-label": "Files to attach" });
  field.addEventListener("change", async () => {
    await takeAll(field.files, taken, refused);
    field.value = "";
  });
  return [field, iconButton("clip", "Attach images or files", () => field.click(), { class: "small" })];
}

/** Has the element take what is dropped on it or pasted into it. */
export function takesFiles(element, taken, refused) {
  const take = (event, files) => {
    if (!files || files.length === 0) return;
    event.preventDefault();
    takeAll(files, taken, refused);
  };
  element.addEventListener("paste", (event) => take(event, event.clipboardData?.files));
  element.addEventListener("drop", (event) => take(event, event.dataTransfer?.files));
}

async function takeAll(files, taken, refused) {
  for (const file of files) {
    if (file.size > LARGEST) refused(`${file.name} has ${bytes(file.size)}: ${bytes(LARGEST)} can be sent.`);
    else taken({ id: await keepFile(await dataUrl(file)), name: file.name, type: file.type || "application/octet-stream", size: file.size });
  }
}

const dataUrl = (file) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });

/** @param {import("./draft.js").Attachment} file @param {() => void} onremove */
export function attachmentChip(file, onremove) {
  const picture = h("span", null, icon(file.type.startsWith("image/") ? "image" : "file"));
  if (file.type.startsWith("image/") && !file.id.startsWith("https:")) {
    fileOf(file.id).then((url) => url && picture.replaceChildren(h("img", { src: url, alt: "" })));
  }
  return h("span", { class: "chip file" }, picture, file.name, file.size > 0 && h("span", { class: "faint" }, bytes(file.size)), iconButton("close", `Take out ${file.name}`, onremove, { class: "small" }));
}
