// Selection on lists and the bulk bar. "All that match" sends the list's filter, never ids.
import { all, on, one, word } from "./dom";

let everything = false;
let anchor: HTMLInputElement | null = null;

export function bindList(): void {
  on("change", "input[data-select]", () => {
    everything = false;
    refresh();
  });
  on("change", "input[data-select-page]", (_, element) => {
    const checked = (element as HTMLInputElement).checked;
    for (const box of boxes()) box.checked = checked;
    everything = false;
    refresh();
  });
  on("click", "input[data-select]", (event, element) => range(event as MouseEvent, element as HTMLInputElement));
  on("click", "[data-select-all]", () => {
    everything = true;
    for (const box of boxes()) box.checked = true;
    refresh();
  });
  on("click", "[data-select-none]", () => clear());
  document.addEventListener("bulk:done", () => clear());
  document.addEventListener("htmx:afterSettle", () => refresh());
  document.addEventListener("htmx:configRequest", (event) => scope(event as CustomEvent<Configured>));
  bindRowClicks();
}

interface Configured { verb: string; parameters: Record<string, unknown>; elt: HTMLElement }

const boxes = (): HTMLInputElement[] => all<HTMLInputElement>("[data-list] input[data-select]");
const chosen = (): HTMLInputElement[] => boxes().filter((box) => box.checked);

function clear(): void {
  everything = false;
  for (const box of boxes()) box.checked = false;
  refresh();
}

function refresh(): void {
  const bar = one("#bulk");
  if (!bar) return;
  for (const box of boxes()) {
    const row = box.closest("[data-record]");
    if (box.checked) row?.setAttribute("aria-selected", "true");
    else row?.removeAttribute("aria-selected");
  }
  const count = chosen().length;
  const page = one<HTMLInputElement>("input[data-select-page]");
  if (page) {
    page.checked = count > 0 && count === boxes().length;
    page.indeterminate = count > 0 && !page.checked;
  }
  bar.hidden = count === 0;
  const label = one("[data-bulk-count]", bar);
  const total = bar.dataset.total ?? "";
  if (label) label.textContent = word("selected", { n: everything ? total : count });
  const offer = one("[data-select-all]", bar);
  if (offer) offer.hidden = everything || count < boxes().length || !bar.dataset.more;
}

/** Adds what is chosen to a bulk request: the filter, or the ids. */
function scope(event: CustomEvent<Configured>): void {
  const { elt, parameters, verb } = event.detail;
  if (!elt.closest("#bulk, form[data-bulk-form]")) return;
  const list = one("[data-list]");
  parameters.n = everything ? (one("#bulk")?.dataset.total ?? "") : String(chosen().length);
  if (everything) {
    parameters.all = "1";
    parameters.filter = list?.dataset.filter ?? "";
  } else if (verb !== "get") {
    parameters.ids = chosen().map((box) => box.value).join(",");
  }
}

/** Shift and click chooses all between. */
function range(event: MouseEvent, box: HTMLInputElement): void {
  const list = boxes();
  if (event.shiftKey && anchor) {
    const [from, to] = [list.indexOf(anchor), list.indexOf(box)].sort((a, b) => a - b);
    for (const each of list.slice(from, (to ?? 0) + 1)) each.checked = box.checked;
    refresh();
  }
  anchor = box;
}

/** On a phone the whole card opens the record; with a mouse a click marks the row. */
function bindRowClicks(): void {
  on("click", "[data-list] [data-record]", (event, row) => {
    const target = event.target as Element;
    if (target.closest("a, button, input, select, textarea, label, form")) return;
    if (matchMedia("(max-width: 760px)").matches && row.dataset.href) location.assign(row.dataset.href);
    else if (!target.closest("[data-cell].editing")) {
      const cell = target.closest<HTMLElement>("td[data-field]") ?? row;
      cell.tabIndex = -1;
      cell.focus({ preventScroll: true });
    }
  });
}
