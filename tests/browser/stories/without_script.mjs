// The content is there before any script runs: the same pages with scripts off.

import { CORNERS } from "../lib/matrix.mjs";

export const cells = CORNERS;
export const window = { javaScriptEnabled: false };

export async function run(actor) {
  await actor.login("salesperson");
  for (const path of ["/", "/customer", "/opportunity", "/customer/new"]) {
    await actor.open(path);
    await actor.shot(path.replaceAll("/", "-"));
    const words = (await actor.page.locator("main").innerText()).trim();
    actor.expect(words.length > 20, `${path} is empty without scripts`);
  }
  await actor.open("/customer");
  const links = await actor.page.locator('main a[href^="/customer/"]').count();
  actor.expect(links > 1, "the list of customers has no rows without scripts");
}
