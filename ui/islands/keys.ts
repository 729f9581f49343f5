// The keyboard: any element may declare its key with data-key, and its jump (after g) with data-jump.
import { all, isTyping, on, one } from "./dom";
import { closeTop, openPeek } from "./dialog";
import { openPalette } from "./palette";

const ITEMS = "[data-list] [data-record], [data-item]";
const JUMP_WAIT = 1200;

let jumpUntil = 0;

export function bindKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.key === "Escape" && !isTyping(event.target) && closeTop()) {
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || one("dialog[open]")) return;
    if (plainKey(event)) event.preventDefault();
  });
  on("focusin", ITEMS, (_, element) => markHere(element));
  on("click", "[data-palette]", (event) => {
    event.preventDefault();
    openPalette();
  });
}

/** True when the key meant something here. */
function plainKey(event: KeyboardEvent): boolean {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (Date.now() < jumpUntil) {
    jumpUntil = 0;
    const link = one<HTMLAnchorElement>(`[data-jump="${CSS.escape(key)}"]`);
    link?.click();
    return Boolean(link);
  }
  if (key === "g") {
    jumpUntil = Date.now() + JUMP_WAIT;
    return true;
  }
  if (key === "?") {
    one<HTMLDialogElement>("#keys")?.showModal();
    return true;
  }
  if (key === "/") {
    openPalette();
    return true;
  }
  return moveKey(event, key) || declaredKey(key);
}

function moveKey(event: KeyboardEvent, key: string): boolean {
  if (one("[data-board]") && (event.target as Element).closest("[data-board]")) return false;
  if (key === "j" || key === "ArrowDown") return move(1, event.shiftKey);
  if (key === "k" || key === "ArrowUp") return move(-1, event.shiftKey);
  const item = current();
  if (!item) return false;
  if (key === "ArrowRight" || key === "ArrowLeft") return moveCell(item, key === "ArrowRight" ? 1 : -1);
  const onControl = (event.target as Element).closest("a, button, summary, input, [data-cell]");
  if (key === "x") return toggle(item);
  if (key === " " && item.dataset.peek && !onControl) {
    void openPeek(item.dataset.peek);
    return true;
  }
  if (key === "Enter" && !onControl) {
    if (item.dataset.href) location.assign(item.dataset.href);
    else one<HTMLAnchorElement>("a[href]", item)?.click();
    return true;
  }
  return false;
}

function declaredKey(key: string): boolean {
  const element = all(`[data-key="${CSS.escape(key)}"]`).find((each) => each.offsetParent !== null);
  if (!element) return false;
  if (/^(INPUT|TEXTAREA)$/.test(element.tagName)) element.focus();
  else element.click();
  return true;
}

const current = (): HTMLElement | null => one(`:is(${ITEMS}).here`);

function move(step: number, extend: boolean): boolean {
  const items = all(ITEMS).filter((item) => item.offsetParent !== null);
  if (items.length === 0) return false;
  const from = current();
  const at = from ? items.indexOf(from) : step > 0 ? -1 : items.length;
  const next = items[Math.min(items.length - 1, Math.max(0, at + step))];
  if (!next) return false;
  if (extend && from) select(from, true);
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  if (extend) select(next, true);
  if (one("#peek")?.hasChildNodes() && next.dataset.peek) void openPeek(next.dataset.peek).then(() => next.focus());
  return true;
}

function moveCell(item: HTMLElement, step: number): boolean {
  const cells = all("td[data-field]", item);
  const at = cells.indexOf(document.activeElement as HTMLElement);
  const next = cells[at + step];
  const focus = next ?? (step < 0 ? item : null);
  if (!focus) return false;
  focus.tabIndex = -1;
  focus.focus();
  return true;
}

function markHere(element: HTMLElement): void {
  for (const other of all(".here")) if (other !== element) other.classList.remove("here");
  element.classList.add("here");
}

function toggle(item: HTMLElement): boolean {
  const box = one<HTMLInputElement>("input[data-select]", item);
  if (box) select(item, !box.checked);
  return Boolean(box);
}

function select(item: HTMLElement, checked: boolean): void {
  const box = one<HTMLInputElement>("input[data-select]", item);
  if (!box || box.checked === checked) return;
  box.checked = checked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}
