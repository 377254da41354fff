import { ignoredFields } from "../filters/elements.ts";
import type { HogActionStep, HogMatching, HogProperty } from "../types.ts";
import { conditionsInWords, type Surroundings } from "./conditions.ts";
import { code, oneLine, shown } from "./shown.ts";

/** `*$pageview* where the page contains acme.example/pricing, or *a*`: the steps of an action (contract §6.1). */
export function stepsInWords(
  steps: HogActionStep[],
  beside: HogProperty[],
  surroundings: Surroundings,
): string {
  if (steps.length === 0) return "any event";
  return either(steps.map((step) => stepInWords(step, beside, surroundings)));
}

function stepInWords(step: HogActionStep, beside: HogProperty[], surroundings: Surroundings): string {
  const properties = [...elementsOf(step), ...(step.properties ?? [])];
  const what = step.event ? marked(step.event) : "any event";
  const conditions = conditionsInWords(properties, beside, surroundings, page(step));
  return conditions === "" ? what : `${what} ${conditions}`;
}

function page({ url, url_matching }: HogActionStep): string[] {
  if (!url) return [];
  if (url_matching === "regex") return [`the page matches ${code(url)}`];
  return [`the page ${url_matching === "exact" ? "is" : "contains"} ${shown(url)}`];
}

const OPERATORS: Record<HogMatching, string> = { exact: "exact", contains: "icontains", regex: "regex" };

/** What a step asks of the clicked element, as conditions that say the same. */
function elementsOf(step: HogActionStep): HogProperty[] {
  const ignored = ignoredFields(step);
  const asked = [
    { key: "tag_name", value: step.tag_name },
    { key: "selector", value: step.selector },
    { key: "text", value: step.text, operator: OPERATORS[step.text_matching ?? "exact"] },
    { key: "href", value: step.href, operator: OPERATORS[step.href_matching ?? "exact"] },
  ];
  return asked
    .filter(({ key, value }) => value !== undefined && value !== null && !ignored.includes(key))
    .map((property) => ({ ...property, type: "element" }));
}

/** An event or an event filter by its name. */
export function marked(name: string): string {
  return `*${oneLine(name)}*`;
}

/** With semicolons where a comma would be read as part of a phrase. */
export function either(phrases: string[]): string {
  return phrases.join(phrases.some((phrase) => phrase.includes(",")) ? "; or " : ", or ");
}
