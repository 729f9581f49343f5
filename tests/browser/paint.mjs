// How long a person waits: from a click to the painted page, in Chromium, on a server that runs.
//   GUANXI_URL     its address
//   GUANXI_LOGIN   EMAIL:PASSWORD of a person who has customers
// Prints one line of JSON: per click the median and the highest of some, in milliseconds. From the click's own time to
// the largest contentful paint of the page that follows, as the browser itself tells them:
// <https://www.w3.org/TR/largest-contentful-paint/>.

import { launch } from "./lib/chromium.mjs";

const TURNS = 15;
const [email, password] = required("GUANXI_LOGIN").split(/:(.*)/s);

const browser = await launch();
const context = await browser.newContext({ baseURL: required("GUANXI_URL"), viewport: { width: 1440, height: 900 } });
const page = await context.newPage();
await page.goto("/login");
await page.fill('input[name="email"]', email);
await page.fill('input[name="password"]', password);
await page.keyboard.press("Enter");
await page.waitForURL((url) => url.pathname !== "/login");

const clicks = {
  list: ["/", 'a[href="/customer"]:visible'],
  sorted: ["/customer", 'th a[href*="sort=name"]'],
  next_object: ["/customer", 'a[href="/contact"]:visible'],
  record: ["/customer", "#rows td a[href^='/customer/']"],
};
const measured = {};
for (const [name, [from, link]] of Object.entries(clicks)) {
  const times = [];
  for (let turn = 0; turn < TURNS; turn += 1) times.push(await wait(from, link));
  // The first of each warms what a browser keeps.
  const sorted = times.slice(1).sort((a, b) => a - b);
  measured[name] = { median: round(sorted[Math.floor(sorted.length / 2)]), most: round(sorted.at(-1)) };
}
await browser.close();
console.log(JSON.stringify(measured));

async function wait(from, link) {
  await page.goto(from, { waitUntil: "load" });
  await page.evaluate(() => {
    const keep = () => sessionStorage.setItem("clicked", String(performance.timeOrigin + performance.now()));
    addEventListener("click", keep, { capture: true, once: true });
  });
  const target = page.locator(link).first();
  await target.scrollIntoViewIfNeeded();
  await Promise.all([page.waitForEvent("load"), target.click()]);
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        const told = (list) => {
          const painted = list.getEntries().at(-1);
          resolve(performance.timeOrigin + painted.startTime - Number(sessionStorage.getItem("clicked")));
        };
        new PerformanceObserver(told).observe({ type: "largest-contentful-paint", buffered: true });
      }),
  );
}

function round(number) {
  return Math.round(number * 10) / 10;
}

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}
