// A person at a browser: logs in, goes somewhere, presses keys, takes pictures.

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { every } from "./checks.mjs";
import { settings } from "./matrix.mjs";
import { watch } from "./watch.mjs";

export class Actor {
  #faults = [];

  /** `stage` is {browser, url, shots, people}; the story's name goes into the pictures'. */
  static async enter(stage, cell, story, extra = {}) {
    const context = await stage.browser.newContext({ ...settings(cell, stage.url), ...extra });
    const actor = new Actor();
    Object.assign(actor, { stage, cell, story, context, watch: await watch(context) });
    // The language of who is not logged in, beside what the browser asks for.
    await context.addCookies([{ name: "gx_lang", value: cell.language, url: stage.url }]);
    actor.page = await context.newPage();
    actor.page.setDefaultTimeout(15_000);
    return actor;
  }

  /** Logs in as the first person with this role; ends on the page that follows. */
  async login(role) {
    const person = this.stage.people.find((one) => one.role === role);
    if (!person) throw new Error(`the demo has nobody with the role ${role}`);
    await this.page.goto("/login");
    await this.page.fill('input[name="email"]', person.email);
    await this.page.fill('input[name="password"]', person.password);
    await this.page.keyboard.press("Enter");
    await this.page.waitForURL((url) => url.pathname !== "/login");
    return person;
  }

  /** Opens an address; anything but 2xx is a fault. */
  async open(path) {
    const response = await this.page.goto(path, { waitUntil: "load" });
    const status = response?.status() ?? 0;
    if (status < 200 || status > 299) this.#faults.push(`${path}: answered ${status}`);
    return status;
  }

  /** Opens an address, takes its picture and checks it. */
  async visit(path, name) {
    if ((await this.open(path)) < 300) await this.look(name);
  }

  /** A picture and every check of the page as it stands. */
  async look(name) {
    await this.shot(name);
    for (const fault of await every(this.page, this.cell)) this.#faults.push(`${name}: ${fault}`);
    this.collect(name);
  }

  /** Keys as on a keyboard, one after another: `press("Control+k", "Enter")`. */
  async press(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async shot(name) {
    const folder = join(this.stage.shots, this.cell.name);
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${this.story}-${name}.png`);
    // Hiding the caret or stopping animations would put a style element into
    // the page, which the page's policy rightly reports.
    await this.page.screenshot({ path, animations: "allow", caret: "initial" });
  }

  /** A condition of the story. */
  expect(holds, words) {
    if (!holds) this.#faults.push(words);
  }

  collect(name) {
    for (const fault of this.watch.take()) this.#faults.push(`${name}: ${fault}`);
  }

  /** Closes the browser's window; returns the faults. */
  async leave() {
    this.collect("on the way");
    await this.context.close();
    return this.#faults;
  }
}
