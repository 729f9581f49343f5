// htmx as this house uses it: no eval, no injected style, a form's errors are swapped in,
// and every write carries the page's token and the version that the reader saw.
import htmx from "htmx.org";
import { all, meta, one, word } from "./dom";
import { toast } from "./toast";

Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  scrollBehavior: "auto",
  // Without "style": carried over to a fresh element it would be an inline style, which the policy forbids.
  attributesToSettle: ["class", "width", "height"],
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "(409|412|422)", swap: true, error: false },
    { code: "[45]..", swap: false, error: true },
  ],
});

interface Configured { verb: string; headers: Record<string, string>; parameters: Record<string, unknown>; elt: HTMLElement }
interface Answered { xhr: XMLHttpRequest; elt: HTMLElement; requestConfig: { verb: string; elt: HTMLElement } }

let running = 0;

document.addEventListener("htmx:configRequest", (event) => {
  const detail = (event as CustomEvent<Configured>).detail;
  if (detail.verb === "get") return;
  const token = meta("csrf");
  if (token) detail.headers["X-CSRF-Token"] = token;
  const version = detail.elt.closest<HTMLElement>("[data-version]")?.dataset.version;
  if (version) detail.headers["If-Match"] = `"${version}"`;
});

document.addEventListener("htmx:beforeRequest", () => {
  running += 1;
  document.documentElement.classList.add("busy");
});

document.addEventListener("htmx:afterRequest", (event) => {
  running = Math.max(0, running - 1);
  if (running === 0) document.documentElement.classList.remove("busy");
  keepVersion((event as CustomEvent<Answered>).detail);
});

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = (event as CustomEvent<Answered>).detail;
  if (xhr.status === 401) {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
    return;
  }
  toast({ text: problemText(xhr) || word(xhr.status === 403 ? "forbidden" : xhr.status === 404 ? "gone" : "failed"), tone: "bad" });
});

document.addEventListener("htmx:sendError", () => toast({ text: word("offline"), tone: "bad" }));
addEventListener("offline", () => document.documentElement.classList.add("offline"));
addEventListener("online", () => document.documentElement.classList.remove("offline"));

/** After a write the answer's ETag is the version that the next write must name. */
function keepVersion({ xhr, elt, requestConfig }: Answered): void {
  if (!requestConfig || requestConfig.verb === "get" || xhr.status >= 300) return;
  const etag = xhr.getResponseHeader("ETag")?.replace(/^W\/|"/g, "");
  const record = (elt.closest<HTMLElement>("[data-record]") ?? requestConfig.elt.closest<HTMLElement>("[data-record]"))?.dataset.record;
  if (!etag || !record) return;
  for (const holder of all(`[data-record="${CSS.escape(record)}"]`)) {
    if (holder.dataset.version) holder.dataset.version = etag;
  }
}

function problemText(xhr: XMLHttpRequest): string {
  if (!xhr.getResponseHeader("Content-Type")?.includes("json")) return "";
  try {
    const problem = JSON.parse(xhr.responseText) as { detail?: string; title?: string };
    return problem.detail ?? problem.title ?? "";
  } catch {
    return "";
  }
}

/** Gets a fragment into `target`; `what` is its address. */
export function load(what: string, target: string | HTMLElement, swap = "innerHTML"): Promise<void> {
  const element = typeof target === "string" ? one(target) : target;
  if (!element) return Promise.resolve();
  return htmx.ajax("get", what, { target: element, swap: swap as "innerHTML", source: element }) as Promise<void>;
}

export { htmx };
