import { isObject, type Json, textOf } from "../http/fields.ts";

/**
 * The clicked element and those around it as one text: ingestion takes it out of the properties (contract §4.3,
 * `elements_chain`). A browser sends it ready as `$elements_chain`, or as the list `$elements`.
 */
export function takeElementsChain(properties: Json): { elements_chain: string; properties: Json } {
  const { $elements_chain: chain, $elements: elements, ...rest } = properties;
  if (typeof chain === "string" && chain !== "") return { elements_chain: chain, properties: rest };
  const list = Array.isArray(elements) ? elements.filter(isObject) : [];
  return { elements_chain: list.map(elementText).join(";"), properties: rest };
}

/** The way back, as the events API shows the elements (`posthog/models/element/element.py`); the clicked one is the first. */
export function elementsOf(chain: string): Json[] {
  const texts = chain.match(/(?:[^\s;"]|"(?:\\.|[^"\\])*")+/g) ?? [];
  return texts.map((text, order) => {
    const [, name = "", rest = ""] = /^(.*?)(?::([\w-]*=.*))?$/s.exec(text) ?? [];
    const [tag = "", ...classes] = name.split(".");
    const pairs = [...rest.matchAll(/([\w-]+)="((?:\\.|[^"\\])*)"/g)].map(([, key, value]) => [key, value]);
    const {
      text: label,
      href,
      attr_id,
      "nth-child": child,
      "nth-of-type": ofType,
      ...attributes
    } = Object.fromEntries(pairs);
    return {
      event: null,
      text: label ?? null,
      tag_name: tag || null,
      attr_class: classes.length > 0 ? classes.filter(Boolean) : null,
      href: href ?? null,
      attr_id: attr_id ?? null,
      nth_child: child === undefined ? null : Number(child),
      nth_of_type: ofType === undefined ? null : Number(ofType),
      attributes,
      order,
    };
  });
}

/** `a.link.active:attr__href="/x"nth-child="1"…`: classes and attributes in the order of the alphabet. */
function elementText(element: Json): string {
  const {
    tag_name: tag = "",
    $el_text: text,
    attr__href: href,
    attr__class: classes,
    attr__id: id,
  } = element;
  const names = typeof classes === "string" ? classes.split(" ").sort() : [];
  const attributes: Json = {
    ...(text ? { text: textOf(text).slice(0, 400) } : {}),
    "nth-child": element.nth_child ?? 0,
    "nth-of-type": element.nth_of_type ?? 0,
    ...(href ? { href: textOf(href).slice(0, 2048) } : {}),
    ...(id ? { attr_id: id } : {}),
    ...Object.fromEntries(Object.entries(element).filter(([key]) => key.startsWith("attr__"))),
  };
  const pairs = Object.entries(attributes)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([key, value]) => `${escapeQuotes(key)}="${escapeQuotes(textOf(value))}"`);
  return `${textOf(tag)}${names.map((name) => `.${name.replaceAll('"', "")}`).join("")}:${pairs.join("")}`;
}

function escapeQuotes(text: string): string {
  return text.replaceAll('"', '\\"');
}
