// By keyboard alone: every stop of Tab is visible, the palette opens and
// closes, the list of shortcuts too.

import { cell } from "../lib/matrix.mjs";

export const cells = [cell("zh", 1440, "light"), cell("en", 1440, "dark")];

const STOPS = 25;

export async function run(actor) {
  await actor.login("salesperson");
  await actor.open("/customer");
  for (let stop = 0; stop < STOPS; stop += 1) {
    await actor.press("Tab");
    const hidden = await actor.page.evaluate(unmarked);
    actor.expect(!hidden, `the focus cannot be seen on ${hidden}`);
  }
  await actor.open("/customer");
  await dialog(actor, "Control+k", "palette");
  await dialog(actor, "Shift+?", "shortcuts");
}

/** A key opens a dialog that is in order, and Escape closes it. */
async function dialog(actor, key, name) {
  const shown = actor.page.locator("dialog[open], [role=dialog]:visible").first();
  await actor.press(key);
  // On a machine at its limit the key may come before the page listens, as it may for a person: it is pressed again.
  await shown.waitFor({ timeout: 5000 }).catch(() => actor.press(key));
  await shown.waitFor();
  await actor.look(name);
  await actor.press("Escape");
  await shown.waitFor({ state: "hidden" });
}

/** Describes the focused element if neither outline nor shadow marks it. */
function unmarked() {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  if (outlined || style.boxShadow !== "none") return null;
  return `${element.tagName.toLowerCase()} "${(element.textContent ?? "").trim().slice(0, 30)}"`;
}
