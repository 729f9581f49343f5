// Provinces, cities and districts of China as suggestions; what is typed otherwise stays, since addresses lie abroad too.
import { areaList } from "@vant/area-data";
import { all, one } from "./dom";

/** Codes have two digits for the province, two for the city, two for the district. */
const LISTS = {
  province: { names: areaList.province_list, digits: 2 },
  city: { names: areaList.city_list, digits: 4 },
  district: { names: areaList.county_list, digits: 6 },
};
type Level = keyof typeof LISTS;
const ORDER: Level[] = ["province", "city", "district"];

export function bindDivisions(box: HTMLElement): void {
  const inputs = new Map(all<HTMLInputElement>("[data-division]", box).map((input) => [input.dataset.division as Level, input]));
  const offer = () => {
    let above = "";
    for (const level of ORDER) {
      const input = inputs.get(level);
      const list = input && one<HTMLDataListElement>(`#${CSS.escape(input.getAttribute("list") ?? "")}`, box);
      if (!input || !list) return;
      const under = within(level, above);
      list.replaceChildren(...[...new Set(under.map(([, name]) => name))].slice(0, 400).map((name) => new Option(name)));
      const chosen = under.find(([, name]) => same(name, input.value));
      above = chosen ? chosen[0].slice(0, LISTS[level].digits) : above;
    }
  };
  // A district says its city and province, where only one has such a name.
  const climb = (from: Level) => {
    const input = inputs.get(from);
    const found = within(from, prefix(from)).filter(([, name]) => same(name, input?.value ?? ""));
    if (found.length !== 1) return;
    for (const level of ORDER.slice(0, ORDER.indexOf(from))) {
      const target = inputs.get(level);
      const code = found[0]![0].slice(0, LISTS[level].digits).padEnd(6, "0");
      if (target && target.value === "") target.value = LISTS[level].names[code] ?? "";
    }
  };
  const prefix = (below: Level): string => {
    let above = "";
    for (const level of ORDER.slice(0, ORDER.indexOf(below))) {
      const chosen = within(level, above).find(([, name]) => same(name, inputs.get(level)?.value ?? ""));
      above = chosen ? chosen[0].slice(0, LISTS[level].digits) : above;
    }
    return above;
  };
  box.addEventListener("input", offer);
  box.addEventListener("change", (event) => {
    const level = (event.target as HTMLElement).dataset.division as Level | undefined;
    if (level && level !== "province") climb(level);
    offer();
  });
  offer();
}

const within = (level: Level, above: string): [string, string][] =>
  Object.entries(LISTS[level].names).filter(([code]) => code.startsWith(above));

/** 安徽 is 安徽省, 合肥 is 合肥市. */
const same = (name: string, typed: string): boolean => {
  const text = typed.trim();
  return text !== "" && (name === text || (text.length > 1 && name.startsWith(text) && name.length - text.length <= 1));
};
