// Debian's Chromium, driven by playwright-core, which brings no browser of its own.

import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts a browser with a fresh profile, which is gone with the browser. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.GUANXI_CHROMIUM ?? "/usr/bin/chromium",
    args: ARGUMENTS,
    headless: true,
  });
}
