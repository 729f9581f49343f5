// A filter as text: names and values are completed, and what is wrong is said, with its place, while it is written.
import { all, one } from "./dom";

interface Name { name: string; label: string; values: [string, string][] }
interface Verdict { count?: string; message?: string; position?: number; length?: number; suggestion?: string }
interface Offer { insert: string; label: string; detail: string }

const WAIT = 250;
const MOST = 9;

export function bindExpression(box: HTMLElement): void {
  const area = one<HTMLTextAreaElement>("textarea", box)!;
  const list = one(".pick-list", box)!;
  const state = one("[role=status]", box)!;
  const [matches = "{n}", replace = "{text}"] = (box.dataset.words ?? "").split("|");
  let names: Name[] = [];
  let timer = 0;
  let asked = 0;
  void fetch(box.dataset.names!, { headers: { "HX-Request": "true" } }).then(async (answer) => {
    if (answer.ok) names = (await answer.json()) as Name[];
  });

  const check = async () => {
    const turn = (asked += 1);
    const text = area.value;
    if (text.trim() === "") {
      area.removeAttribute("aria-invalid");
      state.replaceChildren();
      return;
    }
    const answer = await fetch(`${box.dataset.expression}?filter=${encodeURIComponent(text)}`, { headers: { "HX-Request": "true" } });
    if (turn !== asked || !answer.ok) return;
    tell((await answer.json()) as Verdict, text);
  };

  const tell = (verdict: Verdict, text: string) => {
    if (verdict.message === undefined) {
      area.removeAttribute("aria-invalid");
      state.className = "hint";
      state.textContent = matches.replace("{n}", verdict.count ?? "");
      return;
    }
    area.setAttribute("aria-invalid", "true");
    state.className = "field-error expression-error";
    // Positions are told in characters, not in units of UTF-16.
    const letters = [...text];
    const from = verdict.position ?? 0;
    const to = Math.max(from + (verdict.length ?? 0), from + (from < letters.length ? 1 : 0));
    const wrong = document.createElement("mark");
    wrong.textContent = letters.slice(from, to).join("") || "␣";
    const snippet = document.createElement("code");
    snippet.append(letters.slice(Math.max(0, from - 24), from).join(""), wrong, letters.slice(to, to + 24).join(""));
    state.replaceChildren(snippet, ` ${verdict.message} `);
    if (verdict.suggestion) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "link small";
      button.textContent = replace.replace("{text}", verdict.suggestion);
      button.addEventListener("click", () => {
        area.value = letters.slice(0, from).join("") + verdict.suggestion + letters.slice(to).join("");
        area.focus();
        changed();
      });
      state.append(button);
    }
  };

  /** What stands before the caret: the beginning of a name, or of a value in quotes after a field. */
  const here = (): { start: number; typed: string; offers: Offer[] } => {
    const before = area.value.slice(0, area.selectionStart);
    const value = before.match(/([\p{L}\p{N}_]+)\s*(?:=|!=|in\s*\(|not\s+in\s*\(|,)\s*"([^"]*)$/u);
    if (value) {
      const field = names.find((each) => each.name === value[1]) ?? lastField(before);
      const typed = value[2]!.toLowerCase();
      const offers = (field?.values ?? []).filter(([key, label]) => key.includes(typed) || label.toLowerCase().includes(typed))
        .map(([key, label]) => ({ insert: `${key}"`, label, detail: key }));
      return { start: before.length - value[2]!.length, typed, offers };
    }
    const typed = before.match(/(?<!")[\p{L}_][\p{L}\p{N}_]*$/u)?.[0] ?? "";
    const inQuotes = (before.match(/"/g)?.length ?? 0) % 2 === 1;
    const query = typed.toLowerCase();
    const offers = !typed || inQuotes ? [] : names
      .filter((each) => each.name.startsWith(query) || each.label.toLowerCase().includes(query))
      .sort((a, b) => Number(b.name.startsWith(query)) - Number(a.name.startsWith(query)))
      .map((each) => ({ insert: `${each.name} `, label: each.label, detail: each.name }));
    return { start: before.length - typed.length, typed, offers: offers.length === 1 && offers[0]!.detail === typed ? [] : offers };
  };

  const lastField = (before: string): Name | undefined =>
    [...before.matchAll(/[a-z_][a-z0-9_]*/g)].reverse().map(([word]) => names.find((each) => each.name === word)).find(Boolean);

  const offer = () => {
    const { offers } = here();
    list.replaceChildren(...offers.slice(0, MOST).map((each, at) => option(each, at)));
    list.hidden = offers.length === 0;
    choose(0);
  };

  const option = (each: Offer, at: number): HTMLElement => {
    const item = document.createElement("li");
    item.setAttribute("role", "option");
    item.id = `${list.id}-${at}`;
    const detail = document.createElement("code");
    detail.className = "push faint";
    detail.textContent = each.detail;
    item.append(each.label, detail);
    item.addEventListener("mousedown", (event) => {
      event.preventDefault();
      take(each);
    });
    return item;
  };

  const choose = (at: number) => {
    const options = all("[role=option]", list);
    options.forEach((each, index) => each.setAttribute("aria-selected", String(index === at)));
    options[at]?.scrollIntoView({ block: "nearest" });
    if (list.hidden || !options[at]) area.removeAttribute("aria-activedescendant");
    else area.setAttribute("aria-activedescendant", options[at]!.id);
  };

  const take = (each: Offer) => {
    const { start } = here();
    area.setRangeText(each.insert, start, area.selectionStart, "end");
    list.hidden = true;
    changed();
  };

  const changed = () => {
    clearTimeout(timer);
    timer = window.setTimeout(check, WAIT);
    area.dispatchEvent(new Event("change", { bubbles: true }));
  };

  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);
  area.addEventListener("input", () => {
    offer();
    changed();
  });
  area.addEventListener("blur", () => (list.hidden = true));
  area.addEventListener("keydown", (event) => {
    if (event.isComposing || list.hidden) return;
    const options = all("[role=option]", list);
    const at = options.findIndex((each) => each.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose((at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length);
    } else if ((event.key === "Enter" && !event.ctrlKey) || (event.key === "Tab" && !event.shiftKey)) {
      event.preventDefault();
      const each = here().offers[at];
      if (each) take(each);
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      list.hidden = true;
    }
  });
  if (area.value.trim()) void check();
}
