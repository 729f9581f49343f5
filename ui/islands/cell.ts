// Inline edit, in lists and on records: Enter saves, Esc cancels, leaving saves what changed.
// The answer to a stale save is the same form with the fields in conflict, so nothing is lost.
import { isTyping, on, one } from "./dom";
import { load, htmx } from "./request";

const before = new WeakMap<HTMLElement, { html: string; values: string }>();

export function bindCells(): void {
  on("dblclick", "td[data-cell][data-editable]", (_, cell) => void open(cell));
  on("click", "dd[data-cell][data-editable]", (event, cell) => {
    if (!(event.target as Element).closest("a, button, form, input, label")) void open(cell);
  });
  on("keydown", "[data-cell]", (event, cell) => keydown(event as KeyboardEvent, cell));
  on("focusout", "[data-cell].editing", (event, cell) => left(event as FocusEvent, cell));
  document.addEventListener("htmx:afterSwap", (event) => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>("[data-cell]");
    if (cell) settle(cell);
  });
}

async function open(cell: HTMLElement): Promise<void> {
  if (cell.classList.contains("editing") || !cell.dataset.cell) return;
  before.set(cell, { html: cell.innerHTML, values: "" });
  // The form floats above the cell; a fixed width keeps the columns where they are.
  if (cell.tagName === "TD") cell.style.minInlineSize = `${cell.offsetWidth}px`;
  await load(cell.dataset.cell, cell);
}

/** After a swap: a form means editing goes on, anything else means saved. */
function settle(cell: HTMLElement): void {
  const form = one<HTMLFormElement>("form", cell);
  const was = cell.classList.contains("editing");
  cell.classList.toggle("editing", Boolean(form));
  if (form) {
    const kept = before.get(cell);
    if (kept && !was) kept.values = values(form);
    const input = one<HTMLInputElement>("[aria-invalid='true'], input:not([type=hidden]), select, textarea", form);
    input?.focus();
    if (input instanceof HTMLInputElement && input.type !== "checkbox") input.select?.();
  } else if (was) {
    cell.style.minInlineSize = "";
    cell.classList.add("saved");
    setTimeout(() => cell.classList.remove("saved"), 1200);
    cell.tabIndex = -1;
    if (document.activeElement === document.body) cell.focus({ preventScroll: true });
  }
}

function keydown(event: KeyboardEvent, cell: HTMLElement): void {
  if (event.isComposing) return;
  const editing = cell.classList.contains("editing");
  if (!editing && (event.key === "Enter" || event.key === "F2") && event.target === cell) {
    event.preventDefault();
    if (cell.dataset.editable !== undefined) void open(cell);
    return;
  }
  if (!editing) return;
  if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    cancel(cell);
  } else if (event.key === "Enter" && isTyping(event.target) && !event.defaultPrevented
    && (!isLong(event.target as HTMLElement) || event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    one<HTMLFormElement>("form", cell)?.requestSubmit();
  }
}

/** Enter begins a new line there. */
const isLong = (element: HTMLElement): boolean => element.tagName === "TEXTAREA" || element.isContentEditable;

function left(event: FocusEvent, cell: HTMLElement): void {
  const to = event.relatedTarget as Node | null;
  const form = one<HTMLFormElement>("form", cell);
  if (!form || (to && cell.contains(to)) || one(".conflict", cell)) return;
  setTimeout(() => {
    if (!cell.classList.contains("editing") || cell.contains(document.activeElement) || !form.isConnected) return;
    if (values(form) === before.get(cell)?.values) cancel(cell);
    else form.requestSubmit();
  }, 120);
}

function cancel(cell: HTMLElement): void {
  const kept = before.get(cell);
  if (!kept) return;
  cell.classList.remove("editing");
  cell.style.minInlineSize = "";
  cell.innerHTML = kept.html;
  htmx.process(cell);
  cell.tabIndex = -1;
  cell.focus({ preventScroll: true });
}

const values = (form: HTMLFormElement): string =>
  JSON.stringify([...new FormData(form)].map(([name, value]) => [name, typeof value === "string" ? value : value.name]));
