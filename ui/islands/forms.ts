// Helpers for whole forms: warn before losing what was typed, repeatable rows, kind switches.
import { all, on, one, word } from "./dom";

export function bindForms(): void {
  on("input", "form[data-guard]", (_, form) => (form.dataset.dirty = ""));
  on("submit", "form[data-guard]", (_, form) => delete form.dataset.dirty);
  addEventListener("beforeunload", (event) => {
    if (one("form[data-dirty]")) event.preventDefault();
  });
  on("keydown", "form", (event, form) => {
    const key = event as KeyboardEvent;
    if (key.key === "Enter" && (key.ctrlKey || key.metaKey)) (form as HTMLFormElement).requestSubmit();
  });
  on("click", "[data-repeat-add]", (_, button) => addRow(button));
  on("click", "[data-repeat-remove]", (_, button) => {
    const row = button.closest<HTMLElement>(".repeat-row");
    const beside = row?.previousElementSibling ?? row?.nextElementSibling;
    if (row?.parentElement && row.parentElement.querySelectorAll(".repeat-row").length > 1) row.remove();
    else for (const input of row ? all<HTMLInputElement>("input", row) : []) input.value = "";
    (beside ? one("input", beside as HTMLElement) : null)?.focus();
  });
  on("change", "textarea[data-json]", (_, area) => checkJson(area as HTMLTextAreaElement));
  on("change", "[data-switches]", (_, element) => switchParts(element as HTMLInputElement));
  on("click", "[data-fill]", (event, button) => fill(event, button));
  on("click", "[data-copy]", async (_, button) => {
    await navigator.clipboard?.writeText(button.dataset.copy ?? "");
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: word("copied") } }));
  });
  document.addEventListener("composer:done", () => {
    const form = one<HTMLFormElement>("form.composer");
    form?.reset();
    if (form) delete form.dataset.dirty;
  });
  on("focusin", "input[name=time_zone]", (_, input) => offerZones(input as HTMLInputElement));
  on("click", "[data-print]", () => window.print());
  on("change", "[data-submit-on-change]", (_, element) => (element as HTMLInputElement).form?.requestSubmit());
}

/** Says at once what the server would say, and sets out what reads. */
function checkJson(area: HTMLTextAreaElement): void {
  const place = area.parentElement?.querySelector<HTMLElement>(".field-error[data-live]");
  place?.remove();
  area.removeAttribute("aria-invalid");
  if (area.value.trim() === "") return;
  try {
    area.value = JSON.stringify(JSON.parse(area.value), null, 2);
  } catch {
    const text = document.createElement("p");
    text.className = "field-error";
    text.dataset.live = "";
    text.setAttribute("role", "alert");
    text.textContent = area.dataset.json ?? "";
    area.after(text);
    area.setAttribute("aria-invalid", "true");
  }
}

function addRow(button: HTMLElement): void {
  const rows = button.closest(".repeat")?.querySelectorAll<HTMLElement>(".repeat-row");
  const last = rows?.item((rows?.length ?? 1) - 1);
  if (!last) return;
  const copy = last.cloneNode(true) as HTMLElement;
  for (const input of all<HTMLInputElement>("input", copy)) {
    input.value = "";
    input.removeAttribute("id");
  }
  last.after(copy);
  one("input", copy)?.focus();
}

/** `data-switches="due"` shows the parts `[data-part]` whose list names the chosen value. */
function switchParts(input: HTMLInputElement): void {
  for (const part of all("[data-part]", input.form ?? document)) {
    part.hidden = !part.dataset.part!.split(" ").includes(input.value);
  }
}

/** Names of time zones, as the browser knows them. */
function offerZones(input: HTMLInputElement): void {
  if (input.list || !("supportedValuesOf" in Intl)) return;
  const list = document.createElement("datalist");
  list.id = "time-zones";
  list.append(...Intl.supportedValuesOf("timeZone").map((zone) => new Option(zone)));
  input.after(list);
  input.setAttribute("list", list.id);
}

/** Demo logins: a click fills the form, `data-fill` names the values as a query string. */
function fill(event: Event, button: HTMLElement): void {
  event.preventDefault();
  const form = button.closest("form") ?? one<HTMLFormElement>("form");
  for (const [name, value] of new URLSearchParams(button.dataset.fill)) {
    const input = form?.elements.namedItem(name);
    if (input instanceof HTMLInputElement) input.value = value;
  }
  form?.requestSubmit();
}
