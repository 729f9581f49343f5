// Ctrl+K: commands, recent records and search, all answered by the server.
import { all, on, one } from "./dom";
import { prefer } from "./preferences";
import { load } from "./request";

const WAIT = 90;
let timer = 0;
let asked = "";

const box = (): HTMLDialogElement | null => one<HTMLDialogElement>("#palette");
const input = (): HTMLInputElement | null => one<HTMLInputElement>("#palette-input");

export function bindPalette(): void {
  input()?.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(ask, WAIT);
  });
  box()?.addEventListener("keydown", keydown);
  on("click", "#palette-list [data-does]", (event, hit) => {
    event.preventDefault();
    box()?.close();
    act(hit.dataset.does ?? "");
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if ((event.target as HTMLElement).id === "palette-list") choose(0);
  });
}

export function openPalette(): void {
  const palette = box();
  if (!palette || palette.open) return;
  palette.showModal();
  input()?.select();
  asked = "\0";
  ask();
}

function ask(): void {
  const query = input()?.value.trim() ?? "";
  if (query === asked) return;
  asked = query;
  void load(`/palette?q=${encodeURIComponent(query)}&at=${encodeURIComponent(location.pathname)}`, "#palette-list");
}

/** What no address does: the theme, the density, the shortcuts, printing. */
function act(what: string): void {
  const [name, value = ""] = what.split("=");
  if (name === "theme" || name === "density") prefer(name, value);
  else if (name === "show") one<HTMLDialogElement>(`#${value}`)?.showModal();
  else if (name === "print") window.print();
}

const hits = (): HTMLElement[] => all("#palette-list [role=option]");

function choose(index: number): void {
  const list = hits();
  list.forEach((hit, at) => hit.setAttribute("aria-selected", String(at === index)));
  const hit = list[index];
  hit?.scrollIntoView({ block: "nearest" });
  input()?.setAttribute("aria-activedescendant", hit?.id ?? "");
}

function keydown(event: KeyboardEvent): void {
  if (event.isComposing) return;
  const list = hits();
  const at = list.findIndex((hit) => hit.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    choose((at + step + list.length) % Math.max(1, list.length));
  } else if (event.key === "Enter") {
    event.preventDefault();
    const hit = list[at];
    if (hit) follow(hit, event);
    else if (asked) location.assign(`/search?q=${encodeURIComponent(asked)}`);
  }
}

function follow(hit: HTMLElement, event: KeyboardEvent): void {
  const href = hit.getAttribute("href");
  if (hit.dataset.does) {
    box()?.close();
    act(hit.dataset.does);
    return;
  }
  if ((event.ctrlKey || event.metaKey) && href) window.open(href, "_blank", "noopener");
  else hit.click();
  if (!href || href.startsWith("#") || hit.hasAttribute("hx-get") || hit.hasAttribute("hx-post")) box()?.close();
}
