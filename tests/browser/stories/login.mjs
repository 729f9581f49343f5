// Nobody is sent to the login; a wrong password says so and keeps the address;
// the right one leads home; logging out ends it.

import { EVERY } from "../lib/matrix.mjs";

export const cells = EVERY;

export async function run(actor) {
  const { page } = actor;
  await page.goto("/customer");
  actor.expect(new URL(page.url()).pathname === "/login", "nobody is not sent to the login");
  await actor.look("empty");

  actor.watch.expect(/console: .*40[13]|console: .*422/);
  const person = actor.stage.people.find((one) => one.role === "salesperson");
  await page.fill('input[name="email"]', person.email);
  await page.fill('input[name="password"]', "not the password");
  await actor.press("Enter");
  await page.locator('[role="alert"]').first().waitFor();
  actor.expect((await page.inputValue('input[name="email"]')) === person.email, "the address is not kept");
  await actor.look("refused");

  await actor.login("salesperson");
  actor.expect(new URL(page.url()).pathname !== "/login", "the right password does not lead on");
  await actor.look("home");
}
