// Short messages at the foot of the page; an undoable act offers to undo for ten seconds.
import { all, icon, one, say, word } from "./dom";

export interface Toast { text: string; tone?: "good" | "bad" | "info"; undo?: string; href?: string; label?: string }

const STAY = 6000;
const STAY_UNDO = 10000;

export function bindToasts(): void {
  document.addEventListener("toast", (event) => toast((event as CustomEvent<Toast>).detail));
  // What the page came with leaves as what comes later does.
  const holder = one("#toasts");
  for (const item of holder ? all(".toast", holder) : []) {
    const leave = leaving(item);
    item.append(closeButton(leave));
    say(one(".grow", item)?.textContent ?? "");
    wait(item, one("[data-undo]", item) ? STAY_UNDO : STAY, leave);
  }
}

const leaving = (item: HTMLElement) => () => {
  item.classList.add("leaving");
  setTimeout(() => item.remove(), 250);
};

function closeButton(leave: () => void): HTMLButtonElement {
  const close = document.createElement("button");
  close.type = "button";
  close.className = "toast-x";
  close.ariaLabel = word("close");
  close.append(icon("x"));
  close.addEventListener("click", leave);
  return close;
}

export function toast({ text, tone = "good", undo, href, label }: Toast): void {
  const holder = one("#toasts");
  if (!holder || !text) return;
  const item = document.createElement("div");
  item.className = `toast ${tone}`;
  item.append(icon(tone === "bad" ? "circle-alert" : tone === "info" ? "info" : "circle-check"));
  const words = document.createElement("span");
  words.className = "grow";
  words.textContent = text;
  item.append(words);
  const leave = leaving(item);
  if (undo) item.append(undoButton(undo, leave));
  if (href) {
    const link = document.createElement("a");
    link.href = href;
    link.textContent = label ?? word("open");
    item.append(link);
  }
  item.append(closeButton(leave));
  while (holder.children.length >= 3) holder.firstElementChild?.remove();
  holder.append(item);
  raise(holder);
  say(text);
  wait(item, undo ? STAY_UNDO : STAY, leave);
}

/** A popover lies above an open dialog too. */
function raise(holder: HTMLElement): void {
  if (!("showPopover" in holder)) return;
  if (holder.matches(":popover-open")) holder.hidePopover();
  holder.showPopover();
}

function undoButton(address: string, leave: () => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.undo = "";
  button.textContent = word("undo");
  button.addEventListener("click", async () => {
    leave();
    const { htmx } = await import("./request");
    await htmx.ajax("post", address, { target: "#live-region", swap: "none" });
  });
  return button;
}

/** Counts down only while the pointer and the focus are elsewhere. */
function wait(item: HTMLElement, stay: number, leave: () => void): void {
  let timer = window.setTimeout(leave, stay);
  const hold = () => clearTimeout(timer);
  const go = () => (timer = window.setTimeout(leave, stay / 2));
  item.addEventListener("pointerenter", hold);
  item.addEventListener("pointerleave", go);
  item.addEventListener("focusin", hold);
  item.addEventListener("focusout", go);
}
