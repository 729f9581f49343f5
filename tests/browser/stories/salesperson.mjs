// A salesperson's first minutes, by mouse and by keyboard alone: customer, contact, opportunity, follow-up, and the
// deal dragged to won. Each within three minutes.

import { CORNERS, cell } from "../lib/matrix.mjs";

const LIMIT_MS = 180_000;

export const cells = [...CORNERS, cell("en", 1440, "dark")];

export async function run(actor) {
  await actor.login("salesperson");
  const name = `Story ${actor.cell.name} ${Date.now()}`;
  const started = performance.now();
  if (actor.cell.scheme === "dark" && actor.cell.width > 600) await byKeys(actor, name);
  else await byMouse(actor, name);
  actor.expect(performance.now() - started < LIMIT_MS, "it takes longer than three minutes");
}

async function byMouse(actor, name) {
  const { page } = actor;
  await actor.open("/customer");
  await page.locator('a[href="/customer/new"]:visible').first().click();
  await page.fill("#field-name", name);
  await page.locator(".form-bar .btn.go").click();
  await page.waitForURL(/\/customer\/[0-9a-f-]{36}$/);
  const customer = page.url();
  await page.locator('a[href^="/contact/new"]').first().click();
  await page.fill('input[name="name.family"]', "Mei");
  await page.fill('input[name="name.given"]', `W${Date.now()}`);
  await actor.look("contact");
  await page.locator(".form-bar .btn.go").click();
  await page.waitForURL(customer);
  await page.locator('a[href^="/opportunity/new"]').first().click();
  await page.fill("#field-name", `${name} deal`);
  await page.fill('input[name="amount.amount"]', "12000");
  await page.locator(".form-bar .btn.go").click();
  await page.waitForURL(customer);
  await page.locator('a[href^="/task/new"]').first().click();
  await page.fill("#field-subject", `Call ${name}`);
  await page.locator(".form-bar .btn.go").click();
  await page.waitForURL(customer);
  await actor.look("record");
  if (actor.cell.width > 600) await win(actor, name);
}

/** The card goes into the lane of the won ones, which asks its questions first. */
async function win(actor, name) {
  const { page } = actor;
  await actor.open("/opportunity?view=board");
  const card = page.locator(".deal", { hasText: name });
  const lane = page.locator('.lane[data-closing="won"] .lane-cards');
  await card.scrollIntoViewIfNeeded();
  await drag(page, card, lane);
  const dialog = page.locator("dialog[open]");
  await dialog.waitFor();
  await actor.look("closure");
  const reason = dialog.locator('input[role="combobox"]').first();
  if (await reason.count()) await reason.focus();
  await dialog.locator(".dialog-foot .btn.go").click();
  await dialog.waitFor({ state: "hidden" });
  await page.locator('.lane[data-closing="won"] .deal', { hasText: name }).waitFor();
}

/** As a hand does it: press, a first small move until the card lifts, the way in steps, let go where the card is seen. */
async function drag(page, card, lane) {
  const [from, to] = [await card.boundingBox(), await lane.boundingBox()];
  const there = lane.locator(".ghost");
  await page.mouse.move(from.x + from.width / 2, from.y + from.height - 12);
  await page.mouse.down();
  await page.mouse.move(from.x + from.width / 2 + 8, from.y + from.height - 8, { steps: 3 });
  await page.locator(".dragging").waitFor();
  await page.mouse.move(to.x + to.width / 2, to.y + 24, { steps: 12 });
  for (let step = 0; step < 20 && !(await there.count()); step += 1) {
    await page.mouse.move(to.x + to.width / 2 + (step % 2), to.y + 26);
    await page.waitForTimeout(50);
  }
  await page.mouse.up();
}

async function byKeys(actor, name) {
  const { page } = actor;
  await actor.open("/customer");
  await actor.press("c");
  await page.waitForURL(/\/customer\/new/);
  await page.locator("#field-name:focus").waitFor();
  await page.keyboard.type(name);
  await actor.press("Control+Enter");
  await page.waitForURL(/\/customer\/[0-9a-f-]{36}$/);
  const customer = page.url();
  await actor.press("o");
  await page.waitForURL(/\/opportunity\/new/);
  await page.locator("#field-name:focus").waitFor();
  await page.keyboard.type(`${name} deal`);
  await actor.press("Control+Enter");
  await page.waitForURL(customer);
  await actor.press("t");
  await page.waitForURL(/\/task\/new/);
  await page.locator("#field-subject:focus").waitFor();
  await page.keyboard.type(`Call ${name}`);
  await actor.press("Control+Enter");
  await page.waitForURL(customer);
  await actor.press("n");
  await page.keyboard.type("Wants an offer by Friday");
  await actor.press("Control+Enter");
  await page.locator("#timeline", { hasText: "Wants an offer" }).waitFor();
  // The palette goes to a person's form, and does what has no address.
  await actor.press("Control+k");
  await page.fill("#palette-input", "new contact");
  await page.locator('#palette-list [aria-selected="true"]', { hasText: /contact/i }).waitFor();
  await actor.press("Enter");
  await page.waitForURL(/\/contact\/new/);
  await actor.press("Escape");
  await page.goto(customer);
  await actor.press("Control+k");
  await page.fill("#palette-input", "theme");
  await page.locator("#palette-list [data-does='theme=light']").waitFor();
  await actor.press("ArrowDown", "Enter");
  actor.expect(await page.evaluate(() => document.documentElement.dataset.theme) !== "auto", "the palette does not switch the theme");
  await actor.look("keys-record");
}
