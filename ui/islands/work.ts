// Work that goes on after its page was left: a line in the corner of every page shows it while it runs. Only a browser in
// which such work was begun asks for it.
import { one, onLoad } from "./dom";
import { load } from "./request";

const KEY = "gx_work";
const WAIT = 2500;
let timer = 0;

export function bindWork(): void {
  onLoad("[data-work-begun]", () => {
    localStorage.setItem(KEY, "1");
    follow();
  });
  follow();
}

function follow(): void {
  clearTimeout(timer);
  if (localStorage.getItem(KEY)) timer = window.setTimeout(() => void ask(), WAIT / 5);
}

async function ask(): Promise<void> {
  const line = one("#work-running");
  if (!line || document.visibilityState === "hidden" || one("[data-work-begun]")) {
    timer = window.setTimeout(() => void ask(), WAIT);
    return;
  }
  await load("/background/running", line);
  if (one("a", line)) timer = window.setTimeout(() => void ask(), WAIT);
  else localStorage.removeItem(KEY);
}
