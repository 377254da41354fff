import type { HogCompiler } from "../compile.ts";
import { holdsWhenMissing } from "../filters/holds-when-missing.ts";
import { droppedBecause } from "../filters/property.ts";
import type { HogProperty } from "../types.ts";
import { elementsClause } from "./elements.ts";
import { predicate } from "./operators.ts";
import { code, oneLine, shown } from "./shown.ts";

/** What a condition's JSON lacks: the machine's answers, and the names of group types by their index. */
export type Surroundings = { compiler: HogCompiler; groups: GroupNames };

type GroupNames = ReadonlyMap<number, string>;

type Clause = { lead: "with" | "without" | "where"; text: string };

/**
 * `with plan pro, seats at least 5 and less than 500, where the person's email contains @acme.example`; `beside` are
 * conditions that hold as well, and so may rule out a missing property; `wheres` are further conditions, already in words.
 * Empty without conditions.
 */
export function conditionsInWords(
  properties: HogProperty[],
  beside: HogProperty[],
  surroundings: Surroundings,
  wheres: string[] = [],
): string {
  const clauses: Clause[] = [
    ...[...grouped(properties)].map((group) => clauseOf(group, beside, surroundings)),
    ...wheres.map((text) => ({ lead: "where" as const, text })),
  ];
  const leads: { lead: Clause["lead"]; texts: string[] }[] = [];
  for (const { lead, text } of clauses) {
    const last = leads.at(-1);
    if (last?.lead === lead) last.texts.push(text);
    else leads.push({ lead, texts: [text] });
  }
  return leads.map(({ lead, texts }) => `${lead} ${all(texts)}`).join(", ");
}

/** Every text, unlike `both`: a condition left out would be a lie. */
function all(texts: string[]): string {
  return texts.length > 1 ? `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}` : texts.join("");
}

/** Conditions on one thing together, at the place of the first; all on elements are one. */
function grouped(properties: HogProperty[]): Iterable<HogProperty[]> {
  const groups = new Map<unknown, HogProperty[]>();
  for (const property of properties) {
    const key = isApart(property) ? property : subjectKey(property);
    const group = groups.get(key);
    if (group) group.push(property);
    else groups.set(key, [property]);
  }
  return groups.values();
}

function isApart(property: HogProperty): boolean {
  return property.type === "hogql" || droppedBecause(property) !== null;
}

function subjectKey({ type = "event", key, group_type_index }: HogProperty): string {
  return type === "element" ? type : JSON.stringify([type, group_type_index, key]);
}

function clauseOf(group: HogProperty[], beside: HogProperty[], { compiler, groups }: Surroundings): Clause {
  const [first] = group;
  if (!first) return { lead: "where", text: "nothing" };
  const { type = "event", key } = first;
  const dropped = droppedBecause(first);
  if (dropped) {
    return {
      lead: "where",
      text: `a condition on ${shown(key)} counts as true, because ${oneLine(dropped)}`,
    };
  }
  if (type === "hogql") return { lead: "where", text: code(key) };
  if (type === "element") return { lead: "where", text: elementsClause(group) };

  const said = withoutNeedless(group).map(predicate);
  const isMaybeMissing = passesMissing(first, [...group, ...beside], compiler);
  if (type === "event") {
    if (group.every(({ operator }) => operator === "is_not_set"))
      return { lead: "without", text: shown(key) };
    const nouns = all(said.map(({ noun }) => noun));
    return {
      lead: "with",
      text: `${shown(key)} ${nouns}${isMaybeMissing ? ` (or without ${shown(key)})` : ""}`,
    };
  }
  const clauses = all(said.map(({ clause }) => clause));
  const isSaid = group.some(({ operator }) => operator === "is_not_set");
  return {
    lead: "where",
    text: `${subject(first, groups)} ${clauses}${isMaybeMissing && !isSaid ? " (or is missing)" : ""}`,
  };
}

/** That a property is set needs no word beside what is said of its value. */
function withoutNeedless(group: HogProperty[]): HogProperty[] {
  const rest = group.filter(({ operator }) => operator !== "is_set");
  return rest.length > 0 ? rest : group.slice(0, 1);
}

function passesMissing(first: HogProperty, properties: HogProperty[], compiler: HogCompiler): boolean {
  const same = properties.filter(
    (property) => !isApart(property) && subjectKey(property) === subjectKey(first),
  );
  return same.every((property) => holdsWhenMissing(property, compiler) === true);
}

const METADATA: ReadonlyMap<string, string> = new Map([
  ["event", "the event's name"],
  ["uuid", "the event's UUID"],
  ["timestamp", "the event's time"],
  ["distinct_id", "the distinct ID"],
  ["elements_chain", "the elements chain"],
]);

const OWNERS: ReadonlyMap<string, string> = new Map([
  ["person", "the person's"],
  ["error_tracking_issue", "the issue's"],
  ["session", "the session's"],
]);

function subject({ type = "event", key, group_type_index: index }: HogProperty, groups: GroupNames): string {
  if (type === "event_metadata") {
    const group = /^\$group_(\d)$/.exec(key)?.[1];
    return group === undefined ? (METADATA.get(key) ?? shown(key)) : groupName(Number(group), groups);
  }
  if (type === "group") return `${groupName(index, groups)}'s ${shown(key)}`;
  if (type.includes("cohort")) return "the person's cohort";
  return `${OWNERS.get(type) ?? `the ${shown(type.replaceAll("_", " "))}'s`} ${shown(key)}`;
}

function groupName(index: unknown, groups: GroupNames): string {
  const name = typeof index === "number" ? groups.get(index) : undefined;
  return name === undefined ? `group ${shown(index)}` : `the ${shown(name)}`;
}
