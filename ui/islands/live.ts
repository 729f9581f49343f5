// Live changes: one connection for all tabs of a browser (the tab that holds the lock listens and
// tells the others). A change refreshes what shows the record, in place: what is being typed in stays.
import { all, meta, on, one, word } from "./dom";
import { htmx, load } from "./request";
import { toast } from "./toast";

interface Change { kind: "change"; object: string; id: string; version: number; removed?: boolean }
interface Notice { kind: "notice"; unread: number; text?: string; href?: string }
type Message = Change | Notice;

const CHANNEL = "guanxi-live";

export function bindLive(): void {
  const address = meta("events");
  if (!address) return;
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener("message", (event: MessageEvent<Message>) => receive(event.data));
  const listen = () => new Promise<never>(() => connect(address, channel));
  if (navigator.locks) void navigator.locks.request(CHANNEL, listen);
  else void listen();
  on("click", "#live-new", () => location.reload());
}

/** EventSource reconnects by itself and resumes by Last-Event-ID. */
function connect(address: string, channel: BroadcastChannel): void {
  const source = new EventSource(address);
  for (const kind of ["change", "notice"] as const) {
    source.addEventListener(kind, (event) => {
      const message = { ...JSON.parse((event as MessageEvent<string>).data), kind } as Message;
      channel.postMessage(message);
      receive(message);
    });
  }
}

function receive(message: Message): void {
  if (message.kind === "notice") {
    notice(message);
    return;
  }
  const shown = all(`[data-record="${message.object}/${message.id}"]`);
  for (const element of shown) refresh(element, message);
  if (shown.length === 0 && message.version === 1 && !message.removed) fresh(message);
}

function notice({ unread, text, href }: Notice): void {
  for (const badge of all("[data-unread]")) {
    badge.hidden = unread === 0;
    if (!badge.classList.contains("dot")) badge.textContent = String(unread);
  }
  if (text && document.visibilityState === "visible") toast({ text, tone: "info", href });
}

const born = new Set<string>();

/** A new record of the list's object: a line above the list offers it, nothing moves under the reader's hand. */
function fresh({ object, id }: Change): void {
  const line = one("#live-new");
  if (!line || one("[data-list]")?.dataset.object !== object) return;
  born.add(id);
  line.textContent = word("new", { n: born.size });
  line.hidden = false;
}

function refresh(element: HTMLElement, change: Change): void {
  if (Number(element.dataset.version ?? 0) >= change.version) return;
  if (change.removed) {
    element.setAttribute("aria-disabled", "true");
    return;
  }
  if (element.dataset.live !== undefined) {
    void patch(element, change.version);
    return;
  }
  const busy = one(".editing, form[data-dirty]", element) ?? element.closest(".lifted, .ghost");
  if (busy || !element.dataset.refresh) {
    if (busy) toast({ text: word("changed"), tone: "info" });
    return;
  }
  const here = element.classList.contains("here");
  const id = element.id;
  void load(element.dataset.refresh, element, "outerHTML").then(() => {
    const now = document.getElementById(id);
    now?.classList.add("flash-new");
    if (here) now?.focus({ preventScroll: true });
  });
}

/** The record's page as it is now, taken over piece by piece; where somebody types or reads on, the old piece stays. */
async function patch(element: HTMLElement, version: number): Promise<void> {
  const answer = await fetch(location.href, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return;
  const now = new DOMParser().parseFromString(await answer.text(), "text/html");
  element.dataset.version = String(version);
  for (const old of all("dd[data-field], [data-region]", element)) {
    const selector = old.dataset.field ? `dd[data-field="${CSS.escape(old.dataset.field)}"]` : `[data-region="${old.dataset.region}"]`;
    const found = now.querySelector<HTMLElement>(selector);
    if (!found || same(found, old)) continue;
    const busy = old.contains(document.activeElement) && document.activeElement !== old;
    if (busy || old.classList.contains("editing") || one(".editing, form[data-dirty], details[open]", old)) {
      toast({ text: word("changed"), tone: "info" });
      continue;
    }
    old.innerHTML = found.innerHTML;
    htmx.process(old);
    old.classList.add("flash-new");
    setTimeout(() => old.classList.remove("flash-new"), 1600);
  }
}

/** htmx marks what it has met by classes, which are no change. */
const same = (left: HTMLElement, right: HTMLElement): boolean => plain(left) === plain(right);
const plain = (element: HTMLElement): string =>
  (element.textContent ?? "").replace(/\s+/g, " ").trim() + all("[href], img", element).map((each) => each.getAttribute("href") ?? each.getAttribute("src")).join();
