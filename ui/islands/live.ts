// Live changes: one connection for all tabs of a browser (the tab that holds the lock listens and
// tells the others). A change refreshes the rows and cards that show the record, in place.
import { all, meta, one, word } from "./dom";
import { load } from "./request";
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
  if (message.kind === "notice") notice(message);
  else for (const element of all(`[data-record="${message.object}/${message.id}"]`)) refresh(element, message);
}

function notice({ unread, text, href }: Notice): void {
  for (const badge of all("[data-unread]")) {
    badge.hidden = unread === 0;
    if (!badge.classList.contains("dot")) badge.textContent = String(unread);
  }
  if (text && document.visibilityState === "visible") toast({ text, tone: "info", href });
}

function refresh(element: HTMLElement, change: Change): void {
  if (Number(element.dataset.version ?? 0) >= change.version) return;
  if (change.removed) {
    element.setAttribute("aria-disabled", "true");
    return;
  }
  const busy = one(".editing, form[data-dirty]", element) ?? element.closest(".lifted");
  if (busy || !element.dataset.refresh) {
    if (busy) toast({ text: word("changed"), tone: "info" });
    return;
  }
  const here = element.classList.contains("here");
  const id = element.id;
  void load(element.dataset.refresh, element, "outerHTML").then(() => {
    const fresh = document.getElementById(id);
    fresh?.classList.add("flash-new");
    if (here) fresh?.focus();
  });
}
