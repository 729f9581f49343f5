// Every address of the interface for the core's objects, as a salesperson:
// it answers, it is accessible, it fits, it speaks the page's language.

import { CORNERS, EVERY } from "../lib/matrix.mjs";

const KEY = ["customer", "opportunity"];
const OTHERS = ["contact", "lead", "task", "call", "meeting", "note", "visit", "product", "competitor"];
const RECORD = /^\/[a-z_]+\/[0-9a-f]{8}-[0-9a-f-]{27}$/;

export const cells = EVERY;

export async function run(actor) {
  await actor.login("salesperson");
  await actor.visit("/", "home");
  await actor.visit("/search?q=%E9%94%85%E7%82%89", "search");
  await actor.visit("/settings", "settings");
  await actor.visit("/opportunity?view=board", "opportunity-board");
  await actor.visit("/task?view=calendar", "task-calendar");
  await actor.visit("/opportunity?view=chart&sum=amount", "opportunity-chart");
  const isCorner = CORNERS.includes(actor.cell);
  for (const object of isCorner ? [...KEY, ...OTHERS] : KEY) await tour(actor, object);
}

/** The list, the empty form, the first record. */
async function tour(actor, object) {
  await actor.visit(`/${object}`, `${object}-list`);
  const record = await firstRecord(actor.page, object);
  // Who may not make one is not offered it.
  const offered = await actor.page.locator(`a[href^="/${object}/new"]`).count();
  if (offered) await actor.visit(`/${object}/new`, `${object}-new`);
  if (record) await actor.visit(record, `${object}-record`);
  actor.expect(record || !["customer", "opportunity"].includes(object), `no ${object} in the salesperson's list`);
}

async function firstRecord(page, object) {
  const links = await page.locator(`a[href^="/${object}/"]`).evaluateAll((all) => all.map((one) => one.getAttribute("href")));
  return links.map((link) => link.split(/[?#]/)[0]).find((link) => RECORD.test(link));
}
