// Runs stories in their cells, a few at once, and tells what was wrong.

import { Actor } from "./actor.mjs";

const AT_ONCE = 2;
const LIMIT_MS = 300_000;

/**
 * `stories` are modules with `name`, `cells` and `run(actor)`; a story may ask
 * for other settings of its window by `window`. Returns how many passed and
 * failed.
 */
export async function play(stage, stories) {
  const queue = stories.flatMap((story) => story.cells.map((cell) => ({ story, cell })));
  const results = { passed: 0, failed: 0 };
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const started = performance.now();
      const faults = await one(stage, next.story, next.cell);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      results[faults.length ? "failed" : "passed"] += 1;
      console.log(`${faults.length ? "FAILED" : "ok    "} ${next.story.name} ${next.cell.name} ${seconds} s`);
      for (const fault of faults) console.log(`         ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

async function one(stage, story, cell) {
  const actor = await Actor.enter(stage, cell, story.name, story.window);
  const faults = [];
  try {
    await within(LIMIT_MS, story.run(actor));
  } catch (error) {
    // The picture of the moment says more than the message; it may fail too.
    await actor.shot("broken").catch(() => {});
    faults.push(`${error.message.split("\n").slice(0, 3).join(" ")} (at ${actor.page.url()})`);
  }
  return [...faults, ...(await actor.leave())];
}

function within(limit, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not finished after ${limit / 1000} s`)), limit);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
