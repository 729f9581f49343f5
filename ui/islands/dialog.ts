// One dialog and one peek panel a page; whatever is loaded into them opens them.
import { all, on, one } from "./dom";
import { load } from "./request";

let opener: HTMLElement | null = null;

export function bindDialogs(): void {
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!dialog()?.open && !one("#peek")?.hasChildNodes()) opener = (event as CustomEvent<{ elt: HTMLElement }>).detail.elt;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const target = event.target as HTMLElement;
    if (target.id === "dialog-body") showDialog(target);
  });
  for (const name of ["dialog:close", "record:saved"]) document.addEventListener(name, () => closeDialog());
  on("click", "[data-close]", (event) => {
    event.preventDefault();
    closeTop();
  });
  on("click", "[data-show]", (event, element) => {
    event.preventDefault();
    one<HTMLDialogElement>(`#${element.dataset.show}`)?.showModal();
  });
  on("click", "dialog", (event, element) => {
    if (event.target === element) (element as HTMLDialogElement).close();
  });
  dialog()?.addEventListener("close", () => {
    document.dispatchEvent(new CustomEvent("dialog:closed"));
    one("#dialog-body")?.replaceChildren();
    opener?.focus();
  });
  bindMenus();
}

export const dialog = (): HTMLDialogElement | null => one<HTMLDialogElement>("#dialog");

function showDialog(body: HTMLElement): void {
  const box = dialog();
  if (!box) return;
  if (!body.hasChildNodes()) box.close();
  else if (!box.open) box.showModal();
  one("[autofocus], [aria-invalid='true'], input:not([type=hidden]), select, textarea", body)?.focus();
}

export function closeDialog(): void {
  if (dialog()?.open) dialog()?.close();
}

export async function openPeek(address: string): Promise<void> {
  opener = document.activeElement as HTMLElement;
  await load(address, "#peek");
}

/** Closes what lies on top; false when nothing was open. */
export function closeTop(): boolean {
  const open = all<HTMLDialogElement>("dialog[open]").at(-1);
  if (open) {
    open.close();
    return true;
  }
  const menu = one<HTMLDetailsElement>("details.menu[open]");
  if (menu) {
    menu.open = false;
    one("summary", menu)?.focus();
    return true;
  }
  const peek = one("#peek");
  if (peek?.hasChildNodes()) {
    peek.replaceChildren();
    opener?.focus();
    return true;
  }
  const side = one(".side.open");
  side?.classList.remove("open");
  return Boolean(side);
}

function bindMenus(): void {
  document.addEventListener("click", (event) => {
    for (const menu of all<HTMLDetailsElement>("details.menu[open]")) {
      if (!menu.contains(event.target as Node) || (event.target as Element).closest(".menu-body :is(a, button)")) menu.open = false;
    }
    const side = one(".side.open");
    if (side && !side.contains(event.target as Node)) side.classList.remove("open");
  });
  on("click", "[data-more]", (event) => {
    event.preventDefault();
    event.stopPropagation();
    setTimeout(() => one(".side")?.classList.toggle("open"));
  });
}
