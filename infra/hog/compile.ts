import { type Address, addressesOf } from "./compiler/addresses.ts";
import type { Expression } from "./compiler/ast.ts";
import { emit } from "./compiler/emit.ts";
import { emitStatement } from "./compiler/emit-statement.ts";
import { loadParser, type Parser, plainParser } from "./compiler/parser.ts";
import { type GlobalRead, Scope } from "./compiler/scope.ts";
import { asksForActions, filterExpression } from "./filters/filters.ts";
import { readShape } from "./filters/shape.ts";
import { FUNCTIONS } from "./functions.ts";
import { HogError } from "./hog-error.ts";
import type { Bytecode, FilterContext, HogFilters } from "./types.ts";

/** From Hog's source to the machine's bytecode, opcode for opcode as PostHog compiles it. All methods throw `HogError`. */
export type HogCompiler = {
  /** A HogQL expression. */
  expression(source: string): Bytecode;
  /** A hog function's code. */
  program(source: string): Bytecode;
  /** `text {expression} text`; exactly one expression keeps its type (contract §5.1). */
  template(text: string): Bytecode;
  /** The same shape with each string replaced by its bytecode; numbers, booleans and null stay. */
  templateTree(value: unknown): unknown;
  /** A destination's filters, in the order of contract §4.2. Freezes them where it keeps what it compiled. */
  filters(filters: HogFilters, context?: FilterContext): Bytecode;
  /** Every global that a template reads, in the order of reading. */
  globals(text: string): GlobalRead[];
  /** The same of a HogQL expression. */
  expressionGlobals(source: string): GlobalRead[];
  /** The same of a program, its functions and lambdas included. */
  programGlobals(source: string): GlobalRead[];
  /** Where each `fetch` of a program sends. */
  programAddresses(source: string): Address[];
  /** The functions that a template calls and that do not exist: PostHog saves it, and fails on every event (contract §1.4). */
  unknownFunctions(text: string): string[];
};

const HEADER = ["_H", 1];
const CACHE_SIZE = 10_000;
const DEEPEST_TREE = 200;

let compiler: Promise<HogCompiler> | undefined;

/** Loads the parser; one compiler a process. What it compiled from a text it keeps, so do not change its arrays. */
export function createCompiler(): Promise<HogCompiler> {
  compiler ??= loadParser().then(compilerOf);
  return compiler;
}

/** At once, for plain templates and filters without HogQL; throws `ParserNeeded` (compiler/parser.ts) for what takes the parser. */
export function createPlainCompiler(): HogCompiler {
  return compilerOf(plainParser);
}

function compilerOf(parser: Parser): HogCompiler {
  // The parser costs most of a filter with HogQL in it; a tree is never changed.
  const parse = cached(parser.expression);
  const expression = cached((source) => emitExpression(parse(source)).bytecode);
  const program = cached((source) => {
    const tree = parser.program(source);
    const scope = new Scope();
    return { tree, bytecode: [...HEADER, ...emitStatement(tree, scope)], scope };
  });
  const template = cached((text) => emitExpression(parser.template(text)));

  const templateTree = (value: unknown, depth = 0): unknown => {
    if (typeof value === "string") return template(value).bytecode;
    if (typeof value !== "object" || value === null) return value;
    if (depth > DEEPEST_TREE) {
      throw new HogError("unsupported", `more than ${DEEPEST_TREE} lists and objects within each other`);
    }
    if (Array.isArray(value)) return value.map((item) => templateTree(item, depth + 1));
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, templateTree(item, depth + 1)]),
    );
  };

  const compileFilters = (filters: HogFilters, context: FilterContext): Bytecode => {
    const { bytecode, scope } = emitExpression(filterExpression(filters, context, parse));
    // A template with an unknown function fails when it runs; a filter is refused at once (contract §4.2).
    const [unknown] = unknownIn(scope);
    if (unknown) throw new HogError("unsupported", `Function \`${unknown}\` does not exist`);
    return bytecode;
  };
  const alone = cached((text) => compileFilters(JSON.parse(text), {}));
  // Reading filters costs more than running them.
  const known = new WeakMap<HogFilters, { read: HogFilters; bytecode: Bytecode }>();

  const filters = (given: HogFilters, context: FilterContext = {}): Bytecode => {
    const hit = known.get(given);
    if (hit && !asksTheProject(hit.read, context)) return hit.bytecode;
    const read = readShape(given);
    const text = JSON.stringify(read);
    // A relative date is fixed by the clock.
    if (asksTheProject(read, context) || text.includes("is_date_")) return compileFilters(read, context);
    const fresh = alone(text);
    freezeAll(given);
    known.set(given, { read, bytecode: fresh });
    return fresh;
  };

  return {
    expression,
    program: (source) => program(source).bytecode,
    template: (text) => template(text).bytecode,
    templateTree: (value) => templateTree(value),
    filters,
    globals: (text) => globalsIn(template(text).scope),
    expressionGlobals: (source) => globalsIn(emitExpression(parse(source)).scope),
    programGlobals: (source) => globalsIn(program(source).scope),
    programAddresses: (source) => addressesOf(program(source).tree, program(source).scope.globals),
    unknownFunctions: (text) => unknownIn(template(text).scope),
  };
}

/** Whether it compiles to something else in another project: by its actions, test accounts or path rules. */
function asksTheProject(filters: HogFilters, { testAccountFilters, pathCleaning }: FilterContext): boolean {
  const asksTestAccounts = filters.filter_test_accounts && testAccountFilters?.length;
  return Boolean(asksForActions(filters) || asksTestAccounts || pathCleaning?.length);
}

/** What was compiled cannot change under its bytecode. A loop: keys that nobody reads may be nested without end. */
function freezeAll(value: unknown): void {
  const open = [value];
  for (const item of open) {
    if (typeof item !== "object" || item === null || Object.isFrozen(item)) continue;
    Object.freeze(item);
    for (const inner of Object.values(item)) open.push(inner);
  }
}

function emitExpression(node: Expression): { bytecode: Bytecode; scope: Scope } {
  const scope = new Scope();
  return { bytecode: [...HEADER, ...emit(node, scope)], scope };
}

/** A function can be passed by its name: `arrayMap(lower, list)`. */
function globalsIn(scope: Scope): GlobalRead[] {
  return scope.globals.filter(({ name, path }) => path.length > 0 || !FUNCTIONS.has(name));
}

function unknownIn(scope: Scope): string[] {
  return [...scope.functions].filter((name) => !FUNCTIONS.has(name));
}

function cached<T>(compile: (source: string) => T): (source: string) => T {
  const known = new Map<string, T>();
  return (source) => {
    const hit = known.get(source);
    if (hit !== undefined) return hit;
    const fresh = compile(source);
    if (known.size >= CACHE_SIZE) known.clear();
    known.set(source, fresh);
    return fresh;
  };
}
