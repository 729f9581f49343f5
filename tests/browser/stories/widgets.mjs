// Inputs that scripts carry: a picture goes up with progress, divisions are suggested, several numbers, a filter as text
// with its mistake shown, an edit in place that is taken back from the message, and a change of another that arrives.

import { CORNERS } from "../lib/matrix.mjs";

const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC",
  "base64",
);

export const cells = CORNERS;

export async function run(actor) {
  await actor.login("administrator");
  await picture(actor);
  await filter(actor);
  await address(actor);
  await places(actor);
}

async function picture(actor) {
  const { page } = actor;
  await actor.open("/product/new");
  await page.fill("#field-name", `Boiler ${actor.cell.name} ${Date.now()}`);
  const input = page.locator("[data-upload] input[type=file]");
  await input.setInputFiles({ name: "page.html", mimeType: "text/html", buffer: Buffer.from("<b>no</b>") });
  await page.locator("[data-file-error]:visible").waitFor();
  await input.setInputFiles({ name: "boiler.png", mimeType: "image/png", buffer: PICTURE });
  await page.locator(".file-held img").waitFor();
  await actor.look("product-new");
  await page.locator(".form-bar .btn.go").click();
  await page.locator("dd img.thumb").waitFor();
  await page.locator("dd [data-picture]").click();
  await page.locator("dialog[open] .picture-large").waitFor();
  await actor.look("picture");
  await actor.press("Escape");
}

async function filter(actor) {
  const { page } = actor;
  await actor.open(`/customer?filter=${encodeURIComponent('level = "key" or status = "active"')}`);
  await page.locator(".chip a").first().click();
  const text = page.locator("#filter-text");
  await text.waitFor();
  await text.fill('levle = "key"');
  await page.locator("#filter-state mark").waitFor();
  await actor.look("filter-wrong");
  await page.locator("#filter-state button").click();
  await page.locator("#filter-state.hint").waitFor();
  await text.fill("");
  await text.pressSequentially("lev");
  await page.locator("#filter-names [role=option]").first().waitFor();
  await actor.press("Enter");
  actor.expect((await text.inputValue()).trim() === "level", "the name of the field is not completed");
  await actor.press("Escape");
}

async function address(actor) {
  const { page } = actor;
  await actor.open("/customer/new");
  await page.locator("[data-division=province]").focus();
  await page.locator("#address-province option").first().waitFor({ state: "attached" });
  await page.fill("[data-division=district]", "余杭区");
  await actor.press("Tab");
  actor.expect((await page.inputValue("[data-division=city]")) === "杭州市", "a district does not say its city");
  await page.locator("[data-repeat-add]").first().click();
  actor.expect((await page.locator('input[name="phone"]').count()) === 2, "there is no second telephone number");
}

/** An edit in place is taken back; what another tab saves arrives without a reload. */
async function places(actor) {
  const { page } = actor;
  await actor.open("/customer?as=table");
  const href = await page.locator('#rows a[href^="/customer/"]').first().getAttribute("href");
  await actor.open(href);
  const cell = page.locator('dd[data-field="description"]');
  const before = await cell.innerText();
  await cell.click({ position: { x: 4, y: 8 } });
  await cell.locator("textarea").fill("Changed in its place");
  await actor.press("Control+Enter");
  const undo = page.locator("#toasts [data-undo]");
  await undo.waitFor();
  await actor.look("edited");
  const other = await actor.context.newPage();
  await other.goto(href);
  await Promise.all([page.waitForEvent("load"), undo.click()]);
  actor.expect((await cell.innerText()) === before, "undo does not bring back what was there");
  await other.locator('dd[data-field="description"]', { hasText: before.trim() }).waitFor();
  await other.close();
}
