// What every island shares: finding, listening, and the page's own words.
export const all = <T extends HTMLElement = HTMLElement>(selector: string, root: ParentNode = document): T[] =>
  [...root.querySelectorAll<T>(selector)];

export const one = <T extends HTMLElement = HTMLElement>(selector: string, root: ParentNode = document): T | null =>
  root.querySelector<T>(selector);

/** Listens on the document for events whose target lies within `selector`. */
export function on<K extends keyof DocumentEventMap>(
  type: K,
  selector: string,
  act: (event: DocumentEventMap[K], element: HTMLElement) => void,
): void {
  document.addEventListener(type, (event) => {
    const element = (event.target as Element | null)?.closest?.<HTMLElement>(selector);
    if (element) act(event, element);
  });
}

const met = new WeakSet<Element>();

/** Runs once for each element that matches, now and when a fragment brings new ones. */
export function onLoad(selector: string, act: (element: HTMLElement) => void): void {
  const scan = (root: ParentNode) => {
    for (const element of all(selector, root)) {
      if (!met.has(element)) {
        met.add(element);
        act(element);
      }
    }
  };
  scan(document);
  document.addEventListener("htmx:load", () => scan(document));
}

/** A sentence in the reader's language, put by the server into `<template id="words">`. */
export function word(key: string, values: Record<string, string | number> = {}): string {
  const raw = one<HTMLTemplateElement>("#words")?.dataset[key] ?? "";
  return raw.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

export const meta = (name: string): string => one<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement
    && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
    && !/^(checkbox|radio|button|submit)$/.test((target as HTMLInputElement).type ?? "");
}

export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${meta("icons")}#${name}`);
  svg.append(use);
  return svg;
}

/** Says a change to those who don't see it. */
export function say(text: string): void {
  const region = one("#live-region");
  if (region) region.textContent = text;
}
