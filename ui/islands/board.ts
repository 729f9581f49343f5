// The board: drag with the pointer, or m to lift a card and arrows to move it. Lanes that the
// pipeline forbids are dimmed while a card is in the air; a closing lane asks its questions first.
import Sortable from "sortablejs";
import { all, isTyping, one, say, word } from "./dom";
import { htmx, load } from "./request";

interface Place { lane: HTMLElement; before: Element | null }

export function bindBoard(board: HTMLElement): void {
  for (const cards of all(".lane-cards", board)) {
    Sortable.create(cards, {
      group: { name: "board", put: (to, _, card) => allowed(card, to.el.closest<HTMLElement>(".lane")!) },
      draggable: ".deal",
      animation: 140,
      ghostClass: "ghost",
      delayOnTouchOnly: true,
      delay: 180,
      onStart: ({ item }) => begin(board, item),
      onEnd: ({ item, from, oldDraggableIndex }) => {
        end(board);
        const before = all(".deal", from).filter((card) => card !== item)[oldDraggableIndex ?? 0] ?? null;
        void commit(item, { lane: from.closest<HTMLElement>(".lane")!, before });
      },
    });
  }
  board.addEventListener("keydown", (event) => keydown(board, event));
}

function allowed(card: HTMLElement, lane: HTMLElement): boolean {
  const stages = card.dataset.allowed;
  return stages === undefined || stages.split(" ").includes(lane.dataset.stage ?? "") || lane.contains(card);
}

function begin(board: HTMLElement, card: HTMLElement): void {
  board.classList.add("dragging");
  for (const lane of lanes(board)) lane.classList.toggle("no", !allowed(card, lane));
}

function end(board: HTMLElement): void {
  board.classList.remove("dragging");
  for (const lane of lanes(board)) lane.classList.remove("no");
}

const lanes = (board: HTMLElement): HTMLElement[] => all(".lane", board);

/** Tells the server; on refusal the card goes back to where it was. */
async function commit(card: HTMLElement, from: Place): Promise<void> {
  const lane = card.closest<HTMLElement>(".lane")!;
  const back = () => {
    one(".lane-cards", from.lane)!.insertBefore(card, from.before?.isConnected ? from.before : null);
    recount(from.lane);
    recount(lane);
  };
  if (lane === from.lane && card.nextElementSibling === from.before) return;
  recount(from.lane);
  recount(lane);
  if (lane.dataset.closing && lane !== from.lane) {
    await load(`${card.dataset.close}?outcome=${lane.dataset.closing}&stage=${lane.dataset.stage}`, "#dialog-body");
    let done = false;
    document.addEventListener("record:saved", () => (done = true), { once: true });
    document.addEventListener("dialog:closed", () => setTimeout(() => done || back()), { once: true });
    return;
  }
  const answered = new Promise<boolean>((resolve) => {
    card.addEventListener("htmx:afterRequest", (event) => resolve((event as CustomEvent<{ successful: boolean }>).detail.successful), { once: true });
  });
  await htmx.ajax("post", card.dataset.move!, {
    source: card,
    target: card,
    swap: "none",
    values: { stage: lane.dataset.stage, before: (card.nextElementSibling as HTMLElement | null)?.dataset.record ?? "" },
  });
  if (!(await answered)) back();
}

/** Shows count and sum at once; the server's answer brings the exact lane heads. */
function recount(lane: HTMLElement): void {
  const cards = all(".deal", lane);
  const count = one("[data-lane-count]", lane);
  const sum = one("[data-lane-sum]", lane);
  if (lane.dataset.partial !== undefined) return;
  if (count) count.textContent = String(cards.length);
  if (sum) {
    const total = cards.reduce((all, card) => all + Number(card.dataset.amount ?? 0), 0);
    sum.textContent = new Intl.NumberFormat(document.documentElement.lang, {
      style: "currency", currency: sum.dataset.currency ?? "CNY", maximumFractionDigits: 0, currencyDisplay: "narrowSymbol",
    }).format(total);
  }
}

let lifted: { card: HTMLElement; from: Place } | null = null;

function keydown(board: HTMLElement, event: KeyboardEvent): void {
  const card = (event.target as Element).closest<HTMLElement>(".deal");
  if (!card || isTyping(event.target)) return;
  const keys: Record<string, () => void> = {
    m: () => (lifted ? drop(board) : lift(board, card)),
    Enter: () => (lifted ? drop(board) : one<HTMLAnchorElement>("a", card)?.click()),
    Escape: () => putBack(board),
    ArrowLeft: () => sideways(board, card, -1),
    ArrowRight: () => sideways(board, card, 1),
    ArrowUp: () => updown(card, -1),
    ArrowDown: () => updown(card, 1),
    k: () => updown(card, -1),
    j: () => updown(card, 1),
  };
  const act = keys[event.key];
  if (!act || (event.key === "Escape" && !lifted)) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

function lift(board: HTMLElement, card: HTMLElement): void {
  lifted = { card, from: { lane: card.closest<HTMLElement>(".lane")!, before: card.nextElementSibling } };
  card.classList.add("lifted");
  begin(board, card);
  say(word("lifted"));
}

function drop(board: HTMLElement): void {
  if (!lifted) return;
  const { card, from } = lifted;
  lifted = null;
  card.classList.remove("lifted");
  end(board);
  void commit(card, from);
}

function putBack(board: HTMLElement): void {
  if (!lifted) return;
  const { card, from } = lifted;
  lifted = null;
  card.classList.remove("lifted");
  end(board);
  one(".lane-cards", from.lane)!.insertBefore(card, from.before);
  card.focus();
}

function sideways(board: HTMLElement, card: HTMLElement, step: number): void {
  const list = lanes(board);
  let at = list.indexOf(card.closest<HTMLElement>(".lane")!) + step;
  while (lifted && list[at] && !allowed(card, list[at])) at += step;
  const lane = list[at];
  if (!lane) return;
  if (lifted) {
    one(".lane-cards", lane)!.prepend(card);
    card.focus();
    say(lane.dataset.name ?? "");
  } else one(".deal", lane)?.focus();
}

function updown(card: HTMLElement, step: number): void {
  const other = step < 0 ? card.previousElementSibling : card.nextElementSibling;
  if (!(other instanceof HTMLElement)) return;
  if (!lifted) other.focus();
  else {
    if (step < 0) other.before(card);
    else other.after(card);
    card.focus();
  }
}
