// What leads and administers: roles with the rights to fields and "why", merges, kept views, background work, choice
// lists, people.

import { CORNERS } from "../lib/matrix.mjs";

export const cells = CORNERS;

export async function run(actor) {
  await actor.login("administrator");
  await actor.visit("/settings/roles?role=salesperson&object=customer", "roles");
  await actor.visit("/settings/users", "users");
  await actor.visit("/settings/departments", "departments");
  await actor.visit("/settings/choices", "choices");
  await actor.visit("/settings/merges", "merges");
  await actor.visit("/settings/access", "access");
  await actor.visit("/background", "work");
  await actor.visit("/notices", "notices");
  await actor.visit("/import", "import");
  await views(actor);
  await merge(actor);
}

async function views(actor) {
  const { page } = actor;
  await actor.open("/customer?view=mine");
  await page.locator('a[href*="/views/new"]').click();
  await page.locator("dialog[open] #field-name").fill(`Kept ${actor.cell.name}`);
  await page.locator("dialog[open] .btn.go").click();
  await page.locator(".tabs a", { hasText: `Kept ${actor.cell.name}` }).waitFor();
  await page.locator('a[href$="/customer/views"], a[href*="/customer/views?"]').click();
  await page.locator("dialog[open] .view-row").first().waitFor();
  await actor.look("views");
  const row = page.locator("dialog[open] .view-row", { has: page.locator(`input[value="Kept ${actor.cell.name}"]`) });
  await row.locator("button[name=remove]").click();
  await row.waitFor({ state: "detached" });
  await actor.press("Escape");
}

/** Two of the same are merged, and taken apart on the page of the one that stayed. */
async function merge(actor) {
  const { page } = actor;
  const name = `Twin ${actor.cell.name} ${Date.now()}`;
  const ids = [];
  for (const at of [1, 2]) {
    await actor.open("/customer/new");
    await page.fill("#field-name", `${name} ${at}`);
    await page.locator(".form-bar .btn.go").click();
    await page.waitForLoadState("load");
    const again = page.locator('input[name="_accept_duplicates"]');
    if (await again.count()) {
      await again.check();
      await page.locator(".form-bar .btn.go").click();
    }
    await page.waitForURL(/\/customer\/[0-9a-f-]{36}$/);
    ids.push(new URL(page.url()).pathname.split("/").pop());
  }
  await actor.visit(`/customer/${ids[0]}/merge?with=${ids[1]}`, "merge");
  await page.locator(".form-bar .btn.go").click();
  await page.waitForURL(new RegExp(`/customer/${ids[0]}$`));
  await actor.open(`/customer/${ids[0]}?tab=history`);
  await page.locator('.merges a[href^="/merges/"]').click();
  await page.locator("dialog[open] .btn.go").waitFor();
  await actor.look("unmerge");
  await Promise.all([page.waitForEvent("load"), page.locator("dialog[open] .btn.go").click()]);
  actor.expect((await actor.open(`/customer/${ids[1]}`)) === 200, "the record did not come back");
}
