// Theme and density live in a cookie, so that the server renders them and nothing flickers.
import { all, on } from "./dom";

const YEAR = 31536000;

export function bindPreferences(): void {
  keep("gx_zone", Intl.DateTimeFormat().resolvedOptions().timeZone);
  on("click", "[data-set-theme]", (_, element) => prefer("theme", element.dataset.setTheme!));
  on("click", "[data-set-density]", (_, element) => prefer("density", element.dataset.setDensity!));
}

export function prefer(name: "theme" | "density", value: string): void {
  document.documentElement.dataset[name] = value;
  keep(`gx_${name}`, value);
  const attribute = name === "theme" ? "data-set-theme" : "data-set-density";
  for (const each of all(`[${attribute}]`)) each.setAttribute("aria-pressed", String(each.getAttribute(attribute) === value));
}

function keep(name: string, value: string): void {
  const secure = location.protocol === "https:" ? ";Secure" : "";
  document.cookie = `${name}=${encodeURIComponent(value)};Path=/;Max-Age=${YEAR};SameSite=Lax${secure}`;
}
