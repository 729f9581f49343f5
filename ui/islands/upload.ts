// Files: a field's file goes up when it is chosen or dropped, with progress, and the form then names it; a record's
// attachments go up together. Size and picture types are looked at before anything is sent.
import { all, icon, meta, on, one } from "./dom";

const MOST_BYTES = 100 << 20;
const PICTURES = /^image\/(png|jpeg|webp|gif)$/;

interface Sent { id: string; name: string; is_picture: boolean }

export function bindUploads(): void {
  for (const type of ["dragover", "dragenter"] as const) {
    on(type, "[data-upload], [data-send]", (event, box) => {
      event.preventDefault();
      one(".drop", box)?.classList.add("over");
    });
  }
  on("dragleave", ".drop", (_, drop) => drop.classList.remove("over"));
  on("drop", "[data-upload], [data-send]", (event, box) => {
    event.preventDefault();
    one(".drop", box)?.classList.remove("over");
    const files = (event as DragEvent).dataTransfer?.files;
    if (files?.length) take(box, files);
  });
  on("change", "[data-upload] input[type=file], [data-send] input[type=file]", (_, input) => {
    const box = input.closest<HTMLElement>("[data-upload], [data-send]");
    const files = (input as HTMLInputElement).files;
    if (box && files?.length) take(box, files);
  });
  on("click", "[data-file-remove]", (event, button) => {
    event.preventDefault();
    const box = button.closest<HTMLElement>("[data-upload]");
    if (box) hold(box, null);
  });
  on("submit", "form", (event, form) => {
    if (one("[data-upload].sending", form)) event.preventDefault();
  });
  on("click", "[data-picture]", (event, link) => {
    const press = event as MouseEvent;
    if (press.ctrlKey || press.metaKey || press.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    look(link as HTMLAnchorElement);
  });
}

/** `too large|no picture|did not arrive|drop or choose`. */
const words = (box: HTMLElement): string[] => (box.dataset.words ?? "").split("|");

function take(box: HTMLElement, files: FileList): void {
  const large = [...files].some((file) => file.size > MOST_BYTES);
  const wrong = box.dataset.upload === "image" && !PICTURES.test(files[0]?.type ?? "");
  complain(box, large ? words(box)[0] : wrong ? words(box)[1] : "");
  if (large || wrong) {
    empty(box);
    return;
  }
  if (box instanceof HTMLFormElement) sendForm(box, files);
  else if (files[0]) sendField(box, files[0]);
}

function sendForm(form: HTMLFormElement, files: FileList): void {
  const body = new FormData();
  body.set("_csrf", meta("csrf"));
  for (const file of files) body.append("file", file, file.name);
  post(form, form.action, body, (request) => location.assign(request.responseURL), {});
}

function sendField(box: HTMLElement, file: File): void {
  const body = new FormData();
  body.set("as", box.dataset.upload ?? "file");
  body.set("file", file, file.name);
  post(box, "/files", body, (request) => hold(box, JSON.parse(request.responseText) as Sent, file), { "HX-Request": "true" });
  empty(box);
}

/** XMLHttpRequest, since fetch tells no progress of what is sent. */
function post(box: HTMLElement, to: string, body: FormData, done: (request: XMLHttpRequest) => void, headers: Record<string, string>): void {
  const bar = one<HTMLProgressElement>("progress", box);
  const request = new XMLHttpRequest();
  request.open("POST", to);
  request.setRequestHeader("X-CSRF-Token", meta("csrf"));
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
  request.upload.addEventListener("progress", (event) => {
    if (bar && event.lengthComputable) bar.value = (event.loaded / event.total) * 100;
  });
  request.addEventListener("loadend", () => {
    box.classList.remove("sending");
    if (bar) bar.hidden = true;
    if (request.status >= 200 && request.status < 300) done(request);
    else complain(box, request.status === 413 ? words(box)[0] : problem(request) || words(box)[2]);
  });
  box.classList.add("sending");
  if (bar) {
    bar.hidden = false;
    bar.value = 0;
  }
  request.send(body);
}

function problem(request: XMLHttpRequest): string {
  try {
    return (JSON.parse(request.responseText) as { detail?: string }).detail ?? "";
  } catch {
    return "";
  }
}

/** Shows what the field holds now: the new file, or nothing. */
function hold(box: HTMLElement, sent: Sent | null, file?: File): void {
  const value = one<HTMLInputElement>("input[type=hidden]", box);
  const shown = one(".file-held", box);
  if (!value || !shown) return;
  value.value = sent ? `${sent.id} ${sent.name}` : "";
  shown.hidden = !sent;
  for (const old of all(":scope > img, :scope > .icon", shown)) old.remove();
  shown.querySelector(":scope > svg")?.remove();
  const name = one("[data-file-name]", shown);
  if (sent && name) {
    name.textContent = sent.name;
    if (sent.is_picture && file) {
      const image = new Image();
      image.className = "thumb";
      image.alt = "";
      image.src = URL.createObjectURL(file);
      image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
      shown.prepend(image);
    } else shown.prepend(icon("paperclip"));
  }
  value.dispatchEvent(new Event("input", { bubbles: true }));
  if (!sent) one<HTMLInputElement>("input[type=file]", box)?.focus();
}

function complain(box: HTMLElement, text = ""): void {
  const place = one("[data-file-error]", box);
  if (!place) return;
  place.textContent = text;
  place.hidden = !text;
}

function empty(box: HTMLElement): void {
  const input = one<HTMLInputElement>("input[type=file]", box);
  if (input) input.value = "";
}

/** The picture in its full size, over the page. */
function look(link: HTMLAnchorElement): void {
  const dialog = one<HTMLDialogElement>("#dialog");
  const body = one("#dialog-body");
  if (!dialog || !body) return;
  const image = new Image();
  image.className = "picture-large";
  image.alt = one<HTMLImageElement>("img", link)?.alt ?? "";
  image.src = link.href;
  body.replaceChildren(image);
  if (!dialog.open) dialog.showModal();
}
