// Bundles styles, islands and the icon sprite into dist/, each under a name that carries
// its content's hash, so that a browser may keep it for ever; manifest.json maps plain to hashed names.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync, constants } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "dist");
const hash = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 10);

/** Icons that templates and islands may name; a test checks templates against the sprite. */
async function sprite() {
  const names = (await readFile(join(here, "icons.txt"), "utf8")).split(/\s+/).filter(Boolean).sort();
  const symbols = await Promise.all(names.map(async (name) => {
    const svg = await readFile(join(here, "node_modules/lucide-static/icons", `${name}.svg`), "utf8");
    const body = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
    return `<symbol id="${name}" viewBox="0 0 24 24">${body.replace(/\s*\n\s*/g, "")}</symbol>`;
  }));
  return `<svg xmlns="http://www.w3.org/2000/svg"><!-- lucide, ISC licence -->${symbols.join("")}</svg>`;
}

/** Copies of the static files under hashed names. */
async function statics() {
  const files = { "icons.svg": await sprite() };
  for (const name of await readdir(join(here, "static"))) {
    files[name] = await readFile(join(here, "static", name));
  }
  const names = {};
  for (const [name, bytes] of Object.entries(files)) {
    const dot = name.lastIndexOf(".");
    names[name] = `${name.slice(0, dot)}-${hash(bytes)}${name.slice(dot)}`;
    await writeFile(join(out, names[name]), bytes);
  }
  return names;
}

async function main() {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const result = await build({
    absWorkingDir: here,
    entryPoints: { app: "islands/app.ts", style: "css/app.css" },
    outdir: out,
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  const manifest = await statics();
  for (const [file, info] of Object.entries(result.metafile.outputs)) {
    if (info.entryPoint === "islands/app.ts") manifest["app.js"] = file.replace(/^dist\//, "");
    if (info.entryPoint === "css/app.css") manifest["app.css"] = file.replace(/^dist\//, "");
  }
  const app = result.metafile.outputs[`dist/${manifest["app.js"]}`];
  const chunks = app.imports.filter((each) => each.kind === "import-statement").map((each) => each.path.replace(/^dist\//, ""));
  const first = new Set([manifest["app.js"], manifest["app.css"], ...chunks]);
  let size = 0;
  for (const name of await readdir(out)) {
    if (!/\.(js|css|svg|webmanifest)$/.test(name)) continue;
    const packed = gzipSync(await readFile(join(out, name)), { level: constants.Z_BEST_COMPRESSION });
    await writeFile(join(out, `${name}.gz`), packed);
    if (first.has(name)) size += packed.length;
  }
  const limit = 120 * 1024;
  if (size > limit) throw new Error(`first page needs ${size} bytes of CSS and JS compressed, the limit is ${limit}`);
  await writeFile(join(out, "manifest.json"), JSON.stringify({ names: manifest, preload: chunks }, null, 1));
  console.log(`ui: first page ${(size / 1024).toFixed(1)} KB compressed`);
}

await main();
