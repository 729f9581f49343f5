// What must hold on every page. Each check returns faults as lines of text.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** All checks in turn. */
export async function every(page, cell) {
  const faults = [
    ...(await accessible(page)),
    ...(await fits(page)),
    ...(await translated(page, cell.language)),
  ];
  return faults;
}

/** WCAG 2.2 AA, as far as a machine can tell. */
export async function accessible(page) {
  // Evaluated by the debugger, which the page's policy does not bind.
  await page.evaluate(AXE);
  const violations = await page.evaluate(async (tags) => {
    const options = { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"], preload: false };
    const found = await globalThis.axe.run(document, options);
    return found.violations.flatMap((violation) =>
      violation.nodes.slice(0, 5).map((node) => ({
        rule: violation.id,
        target: node.target.join(" "),
        summary: (node.failureSummary ?? violation.help).split("\n").slice(1, 3).join("; ").trim(),
      })),
    );
  }, WCAG_22_AA);
  return violations.map((one) => `accessibility: ${one.rule} at ${one.target}: ${one.summary}`);
}

/** Nothing sticks out to the right; tables scroll inside their own frame. */
export async function fits(page) {
  const { over, guilty } = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const over = document.scrollingElement.scrollWidth - width;
    if (over <= 1) return { over: 0, guilty: [] };
    const outside = [...document.body.querySelectorAll("*")].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width > 0 && box.right > width + 1;
    });
    const outermost = outside.filter((element) => !outside.includes(element.parentElement));
    const describe = (element) =>
      `${element.tagName.toLowerCase()}${element.id && `#${element.id}`}${[...element.classList].map((name) => `.${name}`).join("")}`;
    return { over, guilty: outermost.slice(0, 4).map(describe) };
  });
  return over ? [`overflow: ${over} px too wide: ${guilty.join(", ")}`] : [];
}

/**
 * The page says its language and speaks it. A message without a translation is
 * rendered as ⟦key⟧. Labels, headings of columns, legends and buttons are the
 * house's own words, so they are in the page's language, unless they are marked
 * `translate="no"`, as names and other data are.
 */
export async function translated(page, language) {
  const found = await page.evaluate((language) => {
    const faults = [];
    const declared = document.documentElement.lang.slice(0, 2);
    if (declared !== language) faults.push(`<html lang> is "${declared}", not "${language}"`);
    const attributes = [...document.querySelectorAll("[title], [placeholder], [aria-label], [alt]")].flatMap(
      (element) => ["title", "placeholder", "aria-label", "alt"].map((name) => element.getAttribute(name) ?? ""),
    );
    for (const text of [document.title, document.body.innerText, ...attributes]) {
      for (const [mark] of text.matchAll(/⟦[^⟧]*⟧/g)) faults.push(`no words for ${mark}`);
    }
    const chinese = /\p{Script=Han}/u;
    const english = /\p{Script=Latin}{3,}/u;
    for (const element of document.querySelectorAll("label, th, legend, button, summary")) {
      if (element.closest('[translate="no"]')) continue;
      const copy = element.cloneNode(true);
      for (const inner of copy.querySelectorAll('kbd, code, select, input, textarea, [translate="no"]')) inner.remove();
      const text = copy.textContent.trim();
      const isForeign =
        language === "en"
          ? chinese.test(text)
          : english.test(text) && !chinese.test(text) && text !== text.toUpperCase() && !text.includes("@");
      if (isForeign) faults.push(`"${text.slice(0, 40)}" is not ${language}`);
    }
    return [...new Set(faults)].slice(0, 8);
  }, language);
  return found.map((fault) => `language: ${fault}`);
}
