// Import wizard: files by drop, a glance at what was chosen, and columns left out are dimmed.
import { all, one } from "./dom";

export function bindWizard(wizard: HTMLElement): void {
  const drop = one(".drop", wizard);
  if (drop) bindDrop(drop);
  wizard.addEventListener("change", (event) => {
    const select = (event.target as Element).closest<HTMLSelectElement>("select[data-map]");
    if (select) {
      select.closest("tr")?.classList.toggle("off", select.value === "");
      duplicates(wizard);
    }
  });
  duplicates(wizard);
}

function bindDrop(drop: HTMLElement): void {
  const input = one<HTMLInputElement>("input[type=file]", drop)!;
  for (const type of ["dragenter", "dragover"]) {
    drop.addEventListener(type, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const type of ["dragleave", "drop"]) drop.addEventListener(type, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer?.files.length) {
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    const name = one("[data-file-name]", drop);
    if (file && name) name.textContent = `${file.name} · ${size(file.size)}`;
  });
}

/** Two columns into one field is nearly always a slip: both say so before the dry run does. */
function duplicates(wizard: HTMLElement): void {
  const selects = all<HTMLSelectElement>("select[data-map]", wizard);
  for (const select of selects) {
    const twice = select.value !== "" && selects.some((other) => other !== select && other.value === select.value);
    if (twice) select.setAttribute("aria-invalid", "true");
    else select.removeAttribute("aria-invalid");
  }
}

const size = (bytes: number): string => (bytes < 1 << 20 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / (1 << 20)).toFixed(1)} MB`);
