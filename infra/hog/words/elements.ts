import type { HogProperty } from "../types.ts";
import { listOf, predicate } from "./operators.ts";
import { choice, code, shown } from "./shown.ts";

// What these elements are to somebody who looks at a page.
const NAMES: ReadonlyMap<string, string> = new Map([
  ["a", "a link"],
  ["button", "a button"],
  ["form", "a form"],
  ["input", "an input"],
  ["label", "a label"],
  ["select", "a list to select from"],
  ["textarea", "a text area"],
]);

/** `the clicked element is a button with the text "Buy now"`: the conditions of type `element` together. */
export function elementsClause(properties: HogProperty[]): string {
  const isTag = ({ key, operator }: HogProperty) => key === "tag_name" && (operator || "exact") === "exact";
  const tags = properties.filter(isTag).map(({ value }) => `is ${tagNames(value)}`);
  const rest = properties.filter((property) => !isTag(property)).map(said);
  if (tags.length === 0) return `the clicked element ${rest.map(({ clause }) => clause).join(" and ")}`;
  const nouns = rest.map(({ noun }) => noun).join(" and ");
  return `the clicked element ${tags.join(" and ")}${nouns && ` ${nouns}`}`;
}

function said(property: HogProperty): { noun: string; clause: string } {
  const { key, operator, value } = property;
  const isPlain = (operator || "exact") === "exact";
  const values = choice(listOf(value).map(shown));
  switch (key) {
    case "tag_name":
      return { noun: `that is not ${tagNames(value)}`, clause: `is not ${tagNames(value)}` };
    case "selector": {
      const selectors = choice(listOf(value).map(code));
      if (operator === "is_not")
        return { noun: `not matching ${selectors}`, clause: `does not match ${selectors}` };
      return { noun: `matching ${selectors}`, clause: `matches ${selectors}` };
    }
    case "text":
    case "href": {
      const thing = key === "text" ? "text" : "link";
      const object = isPlain ? `the ${thing} ${values}` : `a ${thing} ${predicate(property).noun}`;
      return { noun: `with ${object}`, clause: `has ${object}` };
    }
    default:
      return { noun: `with ${shown(key)} ${values}`, clause: `has ${shown(key)} ${values}` };
  }
}

function tagNames(value: unknown): string {
  return choice(
    listOf(value).map(
      (tag) => (typeof tag === "string" ? NAMES.get(tag) : undefined) ?? `a ${code(tag)} element`,
    ),
  );
}
