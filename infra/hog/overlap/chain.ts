import { partsOf } from "../filters/selector.ts";
import type { Comparison } from "./candidates.ts";

/** What is asked of elements, by the key of the condition. */
export type ElementDemand = Comparison & { key: string };

type Element = { tag?: string; classes: string[]; attributes: Map<string, string> };

/**
 * Elements chains that may satisfy the demands, a bare one first. `texts` and `hrefs` are values to try for these; each
 * chain is to be tried.
 */
export function chains(demands: ElementDemand[], texts: string[][], hrefs: string[]): string[] {
  const asked = demands.filter(({ operator }) => operator === "exact");
  const selectors = asked.filter(({ key }) => key === "selector").map(({ values: [first] }) => String(first));
  const tags = asked.filter(({ key }) => key === "tag_name").map(({ values: [first] }) => String(first));
  const built = [selectors, selectors.toReversed()].flatMap((order) =>
    texts.flatMap((texts) => hrefs.map((href) => chainOf(order, tags, texts, href))),
  );
  return [...new Set(built)];
}

function chainOf(selectors: string[], tags: string[], texts: string[], href: string): string {
  const elements = selectors.flatMap((selector) => partsOf(selector)).map(elementOf);
  for (const tag of new Set(tags)) {
    const free =
      elements.find((element) => element.tag === tag) ?? elements.find(({ tag }) => tag === undefined);
    if (free) free.tag = tag;
    else elements.push({ tag, classes: [], attributes: new Map() });
  }
  for (let index = elements.length; index < Math.max(texts.length, href ? 1 : 0, 1); index++) {
    elements.push({ classes: [], attributes: new Map() });
  }
  for (const [index, text] of texts.entries()) elements[index]?.attributes.set("text", text);
  if (href) elements[0]?.attributes.set("href", href);
  return elements.map(serialized).join(";");
}

function elementOf({ tag, classes, attributes }: ReturnType<typeof partsOf>[number]): Element {
  return { ...(tag !== undefined && tag !== "*" && { tag }), classes, attributes: new Map(attributes) };
}

/** As capture writes an element: tag, classes, then attributes in the order of their keys. */
function serialized({ tag, classes, attributes }: Element): string {
  const fallback = attributes.has("href") ? "a" : "div";
  const sorted = [...attributes].toSorted(([a], [b]) => (chainKey(a) < chainKey(b) ? -1 : 1));
  const quoted = sorted.map(
    ([key, value]) => `${chainKey(key)}="${value.replaceAll('\\"', '"').replaceAll('"', '\\"')}"`,
  );
  return `${[tag ?? fallback, ...classes.toSorted()].join(".")}:${quoted.join("")}`;
}

const PLAIN_KEYS = ["attr_id", "href", "text", "nth-child", "nth-of-type"];

function chainKey(key: string): string {
  return PLAIN_KEYS.includes(key) ? key : `attr__${key}`;
}
