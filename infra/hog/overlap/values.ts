import type { HogCompiler } from "../compile.ts";
import { Op } from "../compiler/opcodes.ts";
import { HogError } from "../hog-error.ts";
import type { FilterContext, HogActionStep } from "../types.ts";
import { type Comparison, candidates } from "./candidates.ts";
import { chains, type ElementDemand } from "./chain.ts";
import { type Field, fieldOfGlobal } from "./fields.ts";
import type { Condition } from "./prepare.ts";

const FEW = 6;

/** Values to try for a field on which there are these conditions; the likely first, undefined is "missing". */
export function valuesFor(
  field: Field,
  conditions: Condition[],
  constants: unknown[],
  context: FilterContext,
): unknown[] {
  const { now = new Date(), timezone = "UTC" } = context;
  const try_ = (comparisons: Comparison[]) => candidates(comparisons, { now, timezone });
  if (field.space === "elements") return chainsFor(conditions, try_);

  const comparisons = conditions.map(comparisonOf);
  if (field.isList) {
    const texts = try_(comparisons).filter((value) => typeof value === "string");
    const each = comparisons.map((one) => try_([one]).find((value) => typeof value === "string"));
    return [[...new Set(each.filter((value) => value !== undefined))], ...texts.map((text) => [text]), []];
  }
  const read = constants.map((value) => ({
    operator: typeof value === "number" ? "gt" : "hogql",
    values: [value],
  }));
  return try_([...comparisons, ...read]);
}

/** The fields that an expression reads, each with the constants of the expression. */
export function fieldsOfHogql(
  source: string,
  compiler: HogCompiler,
): { field: Field; constants: unknown[] }[] {
  try {
    const constants = constantsOf(compiler.expression(source));
    const fields = compiler.globals(`{${source}}`).map(({ name, path }) => fieldOfGlobal(name, path));
    return fields.filter((field) => field !== undefined).map((field) => ({ field, constants }));
  } catch (error) {
    if (error instanceof HogError) return [];
    throw error;
  }
}

function constantsOf(code: unknown[]): unknown[] {
  const found = code.flatMap((item, index): unknown[] => {
    const before = code[index - 1];
    if (typeof item === "string") return before === Op.STRING ? [item.replaceAll("%", "")] : [];
    return before === Op.INTEGER || before === Op.FLOAT ? [item] : [];
  });
  return [...new Set(found)];
}

function comparisonOf(condition: Condition): Comparison {
  if ("step" in condition)
    return { operator: matchingOf(condition.step.url_matching, "contains"), values: [condition.step.url] };
  const { operator, value } = condition.property;
  return { operator: operator || "exact", values: Array.isArray(value) ? value : [value] };
}

function matchingOf(matching: string | null | undefined, fallback: "contains" | "exact"): string {
  const how = matching ?? fallback;
  return how === "contains" ? "icontains" : how;
}

/** Conditions on elements in all their forms: on the chain's text, on one thing in it, or a step's. */
function chainsFor(conditions: Condition[], try_: (comparisons: Comparison[]) => unknown[]): unknown[] {
  const demands = conditions.flatMap(demandsOf);
  const raw = conditions
    .filter((one) => "property" in one && one.property.type !== "element")
    .map(comparisonOf);
  const of = (wanted: string) => demands.filter(({ key }) => key === wanted);
  const textual = (comparisons: Comparison[]) =>
    try_(comparisons)
      .filter((value) => typeof value === "string")
      .slice(0, FEW);

  const texts = of("text");
  const each = texts.filter(({ operator }) => !operator.startsWith("not_") && operator !== "is_not");
  const together = [...new Set(each.flatMap((one) => textual([one]).slice(0, 1)))];
  const options = texts.length > 0 ? [...textual(texts).map((text) => [text]), together, []] : [[]];
  const hrefs = of("href").length > 0 ? [...textual(of("href")), ""] : [""];
  const built = chains(demands, options, hrefs);
  const written = raw.length > 0 ? textual(raw) : [];
  return [
    ...[undefined, ...written, ...built],
    ...built.flatMap((chain) => written.slice(0, 1).map((text) => `${chain};${text}`)),
  ];
}

function demandsOf(condition: Condition): ElementDemand[] {
  if ("step" in condition) return demandsOfStep(condition.step);
  const { type, key } = condition.property;
  return type === "element" ? [{ key, ...comparisonOf(condition) }] : [];
}

function demandsOfStep({
  selector,
  tag_name,
  href,
  href_matching,
  text,
  text_matching,
}: HogActionStep): ElementDemand[] {
  return [
    { key: "selector", operator: "exact", values: [selector] },
    { key: "tag_name", operator: "exact", values: [tag_name] },
    { key: "href", operator: matchingOf(href_matching, "exact"), values: [href] },
    { key: "text", operator: matchingOf(text_matching, "exact"), values: [text] },
  ].filter(({ values: [value] }) => value !== undefined && value !== null && value !== "");
}
