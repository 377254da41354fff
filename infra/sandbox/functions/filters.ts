import type { HogCompiler } from "../../hog/compile.ts";
import { HogError } from "../../hog/hog-error.ts";
import type { Bytecode, FilterContext, HogFilters } from "../../hog/types.ts";
import { invalid } from "../http/api-error.ts";
import {
  booleanField,
  choiceField,
  dictionaryField,
  type Json,
  listField,
  objectField,
} from "../http/fields.ts";

/** Filters as stored and read back; items keep the keys that nobody knows (contract §1.8). */
export type Filters = HogFilters & { source: string; bytecode: Bytecode | null; bytecode_error?: string };

export type FiltersContext = {
  compiler: HogCompiler;
  project: FilterContext;
  type: string;
  /** Filters that do not compile are saved all the same on a function that stays off. */
  willBeEnabled: boolean;
  hasMappings: boolean;
};

const sources = [
  "events",
  "person-updates",
  "data-warehouse-table",
  "data-warehouse-view",
  "internal-events",
];
const lists = ["events", "actions", "data_warehouse", "properties"] as const;
type List = (typeof lists)[number];

/** Unknown top-level keys are dropped, lists that do not fit the source too (contract §1.8). */
export function readFilters(attr: string, value: unknown, context: FiltersContext): Filters {
  const raw = objectField(attr, value ?? {});
  const givenSource =
    raw.source === undefined ? "events" : choiceField(`${attr}__source`, raw.source, sources);
  const source = context.type === "internal_destination" ? "internal-events" : givenSource;
  const dropped = droppedLists(source, context.hasMappings);
  const filters: Json = { source };
  for (const key of lists) {
    if (raw[key] === undefined) continue;
    const items = listField(`${attr}__${key}`, raw[key]);
    const read = items.map((item, index) => dictionaryField(`${attr}__${key}__${index}`, item));
    if (!dropped.includes(key)) filters[key] = read;
  }
  if (raw.filter_test_accounts !== undefined) {
    filters.filter_test_accounts = booleanField(`${attr}__filter_test_accounts`, raw.filter_test_accounts);
  }
  return compile(attr, filters as HogFilters & { source: string }, context); // its lists were read just above
}

/** Nothing when they do not compile any more. */
export function recompileFilters(
  { bytecode_error: _, ...filters }: Filters,
  { compiler, project }: Pick<FiltersContext, "compiler" | "project">,
): Filters | undefined {
  try {
    return { ...filters, bytecode: compiler.filters(filters, project) };
  } catch (error) {
    if (error instanceof HogError) return undefined;
    throw error;
  }
}

function droppedLists(source: string, hasMappings: boolean): List[] {
  if (source === "person-updates") return ["events", "actions", "data_warehouse"];
  if (source.startsWith("data-warehouse")) return ["events", "actions"];
  return hasMappings ? ["data_warehouse", "events", "actions"] : ["data_warehouse"];
}

function compile(attr: string, filters: HogFilters & { source: string }, context: FiltersContext): Filters {
  try {
    return { ...filters, bytecode: context.compiler.filters(filters, context.project) };
  } catch (error) {
    if (!(error instanceof HogError)) throw error;
    if (!context.willBeEnabled) return { ...filters, bytecode: null, bytecode_error: error.message };
    throw invalid(`${attr}__non_field_errors`, `Invalid filter configuration: ${error.message}`);
  }
}
