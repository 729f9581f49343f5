// A picker for links: what is typed is searched by the server (never a table in the page),
// options come as `<li role="option" data-value="…">`. `data-many` keeps several as chips.
import { all, icon, on, one, word } from "./dom";

const WAIT = 120;
const timers = new WeakMap<HTMLElement, number>();

export function bindPicks(): void {
  on("input", ".pick input[role=combobox]", (_, input) => later(input.closest<HTMLElement>(".pick")!));
  on("focusin", ".pick input[role=combobox]", (_, input) => later(input.closest<HTMLElement>(".pick")!, 0));
  on("focusout", ".pick", (event, pick) => {
    if (!pick.contains((event as FocusEvent).relatedTarget as Node)) setTimeout(() => close(pick, true), 100);
  });
  on("keydown", ".pick input[role=combobox]", (event, input) => keydown(event as KeyboardEvent, input as HTMLInputElement));
  on("mousedown", ".pick [role=option]", (event, option) => {
    event.preventDefault();
    take(option.closest<HTMLElement>(".pick")!, option);
  });
  on("click", ".pick-chip button", (_, button) => {
    const pick = button.closest<HTMLElement>(".pick");
    button.closest(".pick-chip")?.remove();
    if (pick) changed(pick);
  });
}

const box = (pick: HTMLElement) => one<HTMLInputElement>("input[role=combobox]", pick)!;
const listOf = (pick: HTMLElement) => one(".pick-list", pick)!;

function later(pick: HTMLElement, wait = WAIT): void {
  clearTimeout(timers.get(pick));
  timers.set(pick, window.setTimeout(() => void search(pick), wait));
}

async function search(pick: HTMLElement): Promise<void> {
  const input = box(pick);
  const query = input.value === pick.dataset.label ? "" : input.value.trim();
  const mark = pick.dataset.lookup!.includes("?") ? "&" : "?";
  const answer = await fetch(`${pick.dataset.lookup}${mark}q=${encodeURIComponent(query)}`, { headers: { "HX-Request": "true" } });
  if (!answer.ok || document.activeElement !== input) return;
  const list = listOf(pick);
  list.innerHTML = await answer.text();
  if (!one("[role=option]", list)) {
    const none = document.createElement("li");
    none.className = "pick-none";
    none.textContent = word("nothing");
    list.append(none);
  }
  all("[role=option]", list).forEach((option, at) => (option.id ||= `${list.id}-${at}`));
  list.hidden = false;
  input.ariaExpanded = "true";
  mark0(pick, 0);
}

function mark0(pick: HTMLElement, index: number): void {
  const options = all("[role=option]", listOf(pick));
  options.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
  options[index]?.scrollIntoView({ block: "nearest" });
  box(pick).setAttribute("aria-activedescendant", options[index]?.id ?? "");
}

function keydown(event: KeyboardEvent, input: HTMLInputElement): void {
  if (event.isComposing) return;
  const pick = input.closest<HTMLElement>(".pick")!;
  const options = all("[role=option]", listOf(pick));
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const isOpen = !listOf(pick).hidden;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (!isOpen) later(pick, 0);
    else mark0(pick, (at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % Math.max(1, options.length));
  } else if (event.key === "Enter" && isOpen && options[at]) {
    event.preventDefault();
    take(pick, options[at]);
  } else if (event.key === "Escape" && isOpen) {
    event.preventDefault();
    event.stopPropagation();
    close(pick, true);
  } else if (event.key === "Backspace" && !input.value && pick.dataset.many !== undefined) {
    all(".pick-chip", pick).at(-1)?.remove();
    changed(pick);
  }
}

function take(pick: HTMLElement, option: HTMLElement): void {
  if (option.dataset.href) {
    location.assign(option.dataset.href);
    return;
  }
  const value = option.dataset.value ?? "";
  const label = option.dataset.label ?? option.textContent?.trim() ?? "";
  if (pick.dataset.many !== undefined) {
    addChip(pick, value, label);
    box(pick).value = "";
  } else {
    hidden(pick).value = value;
    pick.dataset.label = label;
    box(pick).value = label;
  }
  close(pick, false);
  changed(pick);
}

function addChip(pick: HTMLElement, value: string, label: string): void {
  if (all<HTMLInputElement>("input[type=hidden]", pick).some((each) => each.value === value)) return;
  const chip = document.createElement("span");
  chip.className = "pick-chip";
  const input = document.createElement("input");
  input.type = "hidden";
  input.name = pick.dataset.name ?? "";
  input.value = value;
  const button = document.createElement("button");
  button.type = "button";
  button.ariaLabel = word("remove", { name: label });
  button.append(icon("x"));
  chip.append(input, label, button);
  box(pick).before(chip);
}

const hidden = (pick: HTMLElement) => one<HTMLInputElement>("input[type=hidden]", pick)!;

/** What was typed without choosing is put back, or emptied when the text was emptied. */
function close(pick: HTMLElement, restore: boolean): void {
  const input = box(pick);
  listOf(pick).hidden = true;
  input.ariaExpanded = "false";
  if (!restore) return;
  if (pick.dataset.many !== undefined) input.value = "";
  else if (input.value.trim() === "") {
    if (hidden(pick).value) {
      hidden(pick).value = "";
      pick.dataset.label = "";
      changed(pick);
    }
  } else input.value = pick.dataset.label ?? "";
}

function changed(pick: HTMLElement): void {
  pick.dispatchEvent(new Event("change", { bubbles: true }));
}
