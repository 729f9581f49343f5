// The browser suite. Needs a running Guanxi with its demo:
//   GUANXI_URL     its address
//   GUANXI_LOGINS  the line that `guanxi demo --json` prints
//   GUANXI_SHOTS   where the pictures go (target/shots)
// Arguments name stories; without any, all are run. `cargo xtask shots` does
// all of this.

import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { launch } from "./lib/chromium.mjs";
import { play } from "./lib/runner.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));

const wanted = process.argv.slice(2);
const stories = await load(wanted);
const shots = process.env.GUANXI_SHOTS ?? join(HERE, "../../target/shots");
if (wanted.length === 0) rmSync(shots, { recursive: true, force: true });

const browser = await launch();
const people = JSON.parse(required("GUANXI_LOGINS")).users;
const stage = { browser, url: required("GUANXI_URL"), shots, people };
const { passed, failed } = await play(stage, stories).finally(() => browser.close());
console.log(`pictures are in ${shots}`);
console.log(`browser: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

async function load(wanted) {
  const files = readdirSync(join(HERE, "stories")).filter((file) => file.endsWith(".mjs")).sort();
  const names = files.map((file) => file.replace(".mjs", ""));
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`no story is called ${unknown.join(", ")}; there are ${names.join(", ")}`);
  const chosen = names.filter((name) => wanted.length === 0 || wanted.includes(name));
  return Promise.all(
    chosen.map(async (name) => ({ ...(await import(`./stories/${name}.mjs`)), name })),
  );
}

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; \`cargo xtask shots\` sets it`);
  return value;
}
