// Each check can fail, and passes where nothing is wrong.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { launch } from "./chromium.mjs";
import { accessible, fits, translated } from "./checks.mjs";
import { EVERY, cell, settings } from "./matrix.mjs";
import { watch } from "./watch.mjs";

let browser;
let server;
let url;
let body = "";

before(async () => {
  browser = await launch();
  server = createServer((request, response) => {
    response.setHeader("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'");
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.statusCode = request.url === "/favicon.ico" ? 204 : 200;
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${server.address().port}`;
});

after(async () => {
  await browser?.close();
  server?.close();
});

async function show(inner, { language = "en", width = 390 } = {}) {
  body = `<!doctype html><html lang="${language}"><meta name="viewport" content="width=device-width,initial-scale=1"><title>T</title><main><h1>T</h1>${inner}</main></html>`;
  const context = await browser.newContext(settings(cell(language, width, "light"), url));
  const listening = await watch(context);
  const page = await context.newPage();
  await page.goto("/");
  return { page, listening, close: () => context.close() };
}

async function finds(check, inner, options) {
  const { page, close } = await show(inner, options);
  const faults = await check(page, options?.language ?? "en");
  await close();
  return faults;
}

test("the matrix has eight different cells", () => {
  assert.equal(new Set(EVERY.map((one) => one.name)).size, 8);
});

test("accessibility", async () => {
  assert.deepEqual(await finds(accessible, '<label>Name <input name="n"></label>'), []);
  const faults = await finds(accessible, '<input name="n"><img src="data:,">');
  assert.ok(faults.some((fault) => fault.includes("label")), faults.join());
  assert.ok(faults.some((fault) => fault.includes("image-alt")), faults.join());
});

test("overflow", async () => {
  assert.deepEqual(await finds(fits, "<p>short</p>"), []);
  const faults = await finds(fits, `<p id="long">${"x".repeat(200)}</p>`);
  assert.match(faults[0], /overflow: \d+ px too wide/);
});

test("languages", async () => {
  const english = '<label>Name <input></label><button translate="no">王小梅</button>';
  assert.deepEqual(await finds(translated, english), []);
  assert.deepEqual(await finds(translated, "<button>保存 <kbd>Enter</kbd></button>", { language: "zh" }), []);
  assert.equal((await finds(translated, "<button>保存</button>")).length, 1);
  assert.equal((await finds(translated, "<button>Save</button>", { language: "zh" })).length, 1);
  assert.equal((await finds(translated, '<p title="⟦a-b⟧">⟦list-empty⟧</p>')).length, 2);
});

test("the watch hears the policy and the console", async () => {
  const bad = await show('<p style="color:red">x</p><script>console.log(1)</script>');
  await bad.page.waitForTimeout(200);
  const faults = bad.listening.take();
  await bad.close();
  assert.ok(faults.some((fault) => fault.startsWith("policy: style-src")), faults.join("\n"));
  assert.ok(faults.some((fault) => fault.startsWith("console:")), faults.join("\n"));
  const good = await show("<p>x</p>");
  await good.page.screenshot({ animations: "allow", caret: "initial" });
  await accessible(good.page);
  await good.page.waitForTimeout(200);
  assert.deepEqual(good.listening.take(), []);
  await good.close();
});
