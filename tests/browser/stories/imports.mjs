// A file of customers with a row that fails: what its columns are, a trial, the run, the failed rows as a file, and all
// of it taken back; the work is found again after its page was left.

import { readFileSync } from "node:fs";

import { CORNERS } from "../lib/matrix.mjs";

export const cells = CORNERS;

export async function run(actor) {
  const { page } = actor;
  const mark = `Imported ${actor.cell.name} ${Date.now()}`;
  const file = `name,email,level\n${mark} one,one@example.com,key\n${mark} two,not an address,key\n${mark} three,three@example.com,normal\n`;
  await actor.login("administrator");
  await actor.open("/import?object=customer");
  await page.locator("input[type=file]").setInputFiles({ name: "customers.csv", mimeType: "text/csv", buffer: Buffer.from(file) });
  await page.locator(".btn.go").last().click();
  await page.locator("table.map").waitFor();
  await actor.look("mapping");
  await page.locator(".form-bar .btn.go").click();
  await page.locator(".tally").waitFor({ timeout: 60_000 });
  actor.expect((await page.locator(".tally .bad b").innerText()) === "1", "the trial does not find the row that fails");
  await actor.look("trial");
  await page.locator(".form-bar .btn.go").click();
  await page.locator('[role="status"] ~ .tally').waitFor({ timeout: 60_000 });
  await actor.look("result");
  const [failed] = await Promise.all([page.waitForEvent("download"), page.locator('a[href$="/failed"]').click()]);
  actor.expect(readFileSync(await failed.path(), "utf8").includes("not an address"), "the failed row is not in the file");
  const result = new URL(page.url()).pathname;
  await actor.visit("/background", "background");
  await page.locator(`a[href="${result}"]`).first().click();
  page.once("dialog", (dialog) => void dialog.accept());
  await page.locator(`[hx-post="${result}/undo"]`).click();
  await page.locator(".note", { hasText: "2" }).first().waitFor({ timeout: 60_000 });
  await actor.open(`/customer?filter=${encodeURIComponent(`name ~ "${mark}"`)}`);
  actor.expect((await page.locator("#rows tr").count()) === 0, "undo leaves customers behind");
  await actor.visit("/notices", "notices");
}
