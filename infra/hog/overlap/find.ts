import type { HogCompiler } from "../compile.ts";
import { matches } from "../evaluate.ts";
import { asksForActions } from "../filters/filters.ts";
import { filterGlobals } from "../globals.ts";
import { HogError } from "../hog-error.ts";
import type { Bytecode, FilterContext, HogProperty } from "../types.ts";
import {
  ANY_EVENT,
  type Assignment,
  type Field,
  fieldId,
  fieldOf,
  NAME,
  type Sample,
  sampleOf,
} from "./fields.ts";
import {
  type Alternative,
  areCompatible,
  type Condition,
  mayOverlap,
  type PreparedFilter,
  prepare,
} from "./prepare.ts";
import { fieldsOfHogql, valuesFor } from "./values.ts";

const MOST_CHOICES = 8;
const MOST_TRIES = 400;
const NO_CONTEXT: FilterContext = {};

/**
 * An event that both filters match, run on the machine, with no more in it than that takes; undefined where none was
 * found. Values come from the conditions themselves, so a match that takes invention is missed.
 */
export function findOverlap(
  a: PreparedFilter,
  b: PreparedFilter,
  compiler: HogCompiler,
  context: FilterContext = NO_CONTEXT,
): Sample | undefined {
  if (!mayOverlap(a, b)) return undefined;
  const codes = [wholeCode(a, compiler, context), wholeCode(b, compiler, context)];
  if (codes.some((code) => code === undefined)) return undefined;

  const [one, other] = [withSteps(a, context), withSteps(b, context)];
  const asked = a.filters.filter_test_accounts || b.filters.filter_test_accounts;
  const always = asked ? testAccounts(context) : [];
  const lists = [...one.alternatives, ...other.alternatives].flatMap(listFields);
  for (const left of one.alternatives) {
    for (const right of other.alternatives) {
      if (!areCompatible(left, right)) continue;
      const conditions = [...always, ...left.conditions, ...right.conditions];
      const search: Search = { conditions, name: left.name ?? right.name, lists, compiler, context };
      for (const sample of samples(search)) {
        if (codes.every((code) => code && isMatch(code, sample))) return sample;
      }
    }
  }
  return undefined;
}

type Search = {
  conditions: Condition[];
  name: string | null;
  /** Lists that must be there, or the machine fails on a condition that need not hold. */
  lists: Field[];
  compiler: HogCompiler;
  context: FilterContext;
};

const wholeCodes = new WeakMap<PreparedFilter, { context: FilterContext; code: Bytecode | undefined }>();

/** Undefined where PostHog refuses the filter: it sends nothing. */
function wholeCode(
  prepared: PreparedFilter,
  compiler: HogCompiler,
  context: FilterContext,
): Bytecode | undefined {
  const known = wholeCodes.get(prepared);
  if (known?.context === context) return known.code;
  const code = compiled(() => compiler.filters(prepared.filters, context));
  wholeCodes.set(prepared, { context, code });
  return code;
}

function compiled(compile: () => Bytecode): Bytecode | undefined {
  try {
    return compile();
  } catch (error) {
    if (error instanceof HogError) return undefined;
    throw error;
  }
}

function withSteps(prepared: PreparedFilter, context: FilterContext): PreparedFilter {
  return asksForActions(prepared.filters) ? prepare(prepared.filters, context) : prepared;
}

function testAccounts({ testAccountFilters = [] }: FilterContext): Condition[] {
  return prepare({ properties: testAccountFilters }).alternatives.flatMap(({ conditions }) => conditions);
}

function listFields({ conditions }: Alternative): Field[] {
  return conditions
    .map(fieldOf)
    .filter((field) => field !== undefined)
    .filter(({ isList }) => isList);
}

/** Field by field, a value that satisfies each condition on it alone; HogQL is tried with all of them together. */
function* samples(search: Search): Generator<Sample> {
  const { conditions, name, lists, compiler } = search;
  const fields = new Map<string, { field: Field; conditions: Condition[] }>();
  const add = (field: Field, ...conditions: Condition[]) => {
    const id = fieldId(field);
    const known = fields.get(id) ?? { field, conditions: [] };
    fields.set(id, known);
    known.conditions.push(...conditions);
  };
  for (const field of lists) add(field);
  for (const condition of conditions) {
    const field = fieldOf(condition);
    if (field) add(field, condition);
  }
  const hogql = conditions.filter(isHogql).map(({ property }) => property.key);
  const read = hogql.flatMap((source) => fieldsOfHogql(source, compiler));
  for (const { field } of read) add(field);

  const choices: Choice[] = [];
  for (const [id, { field, conditions }] of fields) {
    if (id === fieldId(NAME) && name !== null) continue;
    const constants = read.filter(({ field }) => fieldId(field) === id).flatMap(({ constants }) => constants);
    // What no HogQL reads is settled with the first value.
    const most = constants.length > 0 ? MOST_CHOICES : 1;
    const values = first(most, satisfying(field, conditions, constants, search));
    if (values.length === 0) return;
    choices.push({ field, values });
  }
  const named: Choice = { field: NAME, values: [name ?? ANY_EVENT] };
  yield* combinations(fields.has(fieldId(NAME)) && name === null ? choices : [named, ...choices]);
}

function first(count: number, values: Iterable<unknown>): unknown[] {
  const found: unknown[] = [];
  for (const value of values) if (found.push(value) === count) break;
  return found;
}

type Choice = { field: Field; values: unknown[] };

function isHogql(condition: Condition): condition is { property: HogProperty; nested: boolean } {
  return "property" in condition && condition.property.type === "hogql";
}

function* satisfying(
  field: Field,
  conditions: Condition[],
  constants: unknown[],
  search: Search,
): Generator<unknown> {
  const codes = conditions.map((condition) => codeAlone(condition, search));
  for (const value of valuesFor(field, conditions, constants, search.context)) {
    const assignment: Assignment = new Map([
      [fieldId(NAME), { field: NAME, value: search.name ?? ANY_EVENT }],
    ]);
    assignment.set(fieldId(field), { field, value });
    const sample = sampleOf(assignment);
    if (codes.every((code) => code && isMatch(code, sample))) yield value;
  }
}

const codesAlone = new WeakMap<Condition, Bytecode>();

/** One condition as a filter of its own. It only guides the search, so it may be older than the context. */
function codeAlone(condition: Condition, { compiler, context, name }: Search): Bytecode | undefined {
  const known = codesAlone.get(condition);
  if (known) return known;
  const code = compiled(() => {
    if ("step" in condition) {
      const actions = new Map([["step", [condition.step]]]);
      return compiler.filters({ actions: [{ id: "step", type: "actions" }] }, { ...context, actions });
    }
    const event = { id: condition.nested ? name : null, type: "events" };
    return compiler.filters({ events: [event], properties: [condition.property] }, context);
  });
  if (code) codesAlone.set(condition, code);
  return code;
}

function isMatch(code: Bytecode, sample: Sample): boolean {
  return matches(code, filterGlobals(sample)).matched;
}

/** The first of every choice, then the others: those of the last choice first. */
function* combinations(choices: Choice[]): Generator<Sample> {
  const total = choices.reduce((product, { values }) => product * values.length, 1);
  for (let index = 0; index < Math.min(total, MOST_TRIES); index++) {
    let rest = index;
    const assignment: Assignment = new Map();
    for (const { field, values } of choices.toReversed()) {
      assignment.set(fieldId(field), { field, value: values[rest % values.length] });
      rest = Math.floor(rest / values.length);
    }
    yield sampleOf(new Map([...assignment].toReversed()));
  }
}
