import crypto from "node:crypto";
import type { ExecOptions, ExecResult, VMState } from "@posthog/hogvm";
import { vm } from "./machine.ts";
import { regex } from "./regex.ts";
import type { Bytecode } from "./types.ts";

/** A Hog program or template that failed while it ran (unknown global, uncaught throw, time or memory used up). */
export class HogRuntimeError extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "HogRuntimeError";
  }
}

/** A program runs until its end, or until it calls `fetch`: answer with `resumeProgram(step.state, response)`. */
export type ProgramStep =
  | { done: true; result: unknown }
  | { done: false; call: { name: "fetch"; args: unknown[] }; state: VMState };

/** One line a `print()`, as PostHog's runtime writes it. */
type Log = (line: string) => void;

type Globals = Record<string, unknown>;

// PostHog's runtime: 5 calls a program, none in a filter or an input (contract §4.6). Time and memory are the machine's
// own defaults, 5 s and 64 MB (contract §4.8); PostHog gives a filter only 100 ms, too little for a busy laptop.
const MAX_FETCHES = 5;
const MAX_RANGE = 1_000_000;
const EXTEND_OBJECT = "$$_extend_object";

/** Matched is `true` and nothing else; null and 1 are not (contract §4.2). An error does not match. */
export function matches(bytecode: Bytecode, globals: Globals): { matched: boolean; error?: string } {
  try {
    return { matched: run(bytecode, globals) === true };
  } catch (error) {
    if (error instanceof HogRuntimeError) return { matched: false, error: error.message };
    throw error;
  }
}

/**
 * The values of a compiled template tree. Throws `HogRuntimeError`, e.g. for a global that is not there, or for a value
 * that contains itself: no JSON could hold it.
 */
export function render(compiled: unknown, globals: Globals): unknown {
  if (Array.isArray(compiled)) {
    if (compiled[0] === "_H") return storable(run(compiled, globals));
    return compiled.map((item) => render(item, globals));
  }
  if (typeof compiled !== "object" || compiled === null) return compiled;

  // Contract §5.1: a dictionary may spread an object at run time.
  const { [EXTEND_OBJECT]: extended, ...own } = compiled as Record<string, unknown>;
  const base = extended === undefined ? undefined : render(extended, globals);
  return {
    ...(typeof base === "object" ? base : undefined),
    ...Object.fromEntries(Object.entries(own).map(([key, value]) => [key, render(value, globals)])),
  };
}

function storable(value: unknown): unknown {
  if (typeof value === "object") jsonText(value);
  return value;
}

/** Throws `HogRuntimeError` for a value that contains itself. */
export function jsonText(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, null, indent);
  } catch (error) {
    throw new HogRuntimeError(error);
  }
}

/** Runs a program until its end or its first `fetch`. Throws `HogRuntimeError`. */
export function startProgram(bytecode: Bytecode, globals: Globals, log?: Log): ProgramStep {
  // In this form the machine keeps the globals in its state, for the resume.
  return step(exec({ bytecodes: { root: { bytecode, globals } } }, programOptions(log)));
}

/** Goes on with what the call returned. Throws `HogRuntimeError`. */
export function resumeProgram(state: VMState, value: unknown, log?: Log): ProgramStep {
  // The machine takes from this list while it runs; all else of the state it copies.
  const throwStack = [...state.throwStack];
  return step(exec({ ...state, throwStack, stack: [...state.stack, value] }, programOptions(log)));
}

function run(bytecode: Bytecode, globals: Globals): unknown {
  return finished(exec(bytecode, { ...baseOptions, globals, maxAsyncSteps: 0 }));
}

/** What the machine throws instead of reporting it (a value nested so deeply that its own stack ends) is its failure too. */
function exec(...given: Parameters<typeof vm.exec>): ExecResult {
  try {
    return vm.exec(...given);
  } catch (error) {
    throw new HogRuntimeError(error);
  }
}

function step(result: ExecResult): ProgramStep {
  const { state, asyncFunctionName: name, asyncFunctionArgs: args } = result;
  if (result.finished || result.error || !state || !args) return { done: true, result: finished(result) };
  if (name !== "fetch") throw new HogRuntimeError(`Function \`${name}\` is not supported`);
  return { done: false, call: { name, args }, state };
}

/** The machine's own conversion: maps become objects, dates stay tagged objects, as in a body that PostHog sends. */
function finished(result: ExecResult): unknown {
  if (!result.finished) throw new HogRuntimeError(result.error ?? "The program did not end");
  try {
    return vm.convertHogToJS(result.result);
  } catch (error) {
    throw new HogRuntimeError(error);
  }
}

// A filter and a template print to nobody; the machine's own `print` would write to this process's output.
const baseOptions: ExecOptions = { external: { crypto, regex }, functions: { range, print: () => {} } };

/** The machine's limits count what Hog code does, not what one call allocates: its own `range` could end this process. */
function range(...args: unknown[]): number[] {
  if (args.length === 0) throw new HogRuntimeError("Function range requires at least 1 arguments");
  if (args.length > 2) throw new HogRuntimeError("Function range requires at most 2 arguments");
  const [start, end] = args.length === 1 ? [0, Number(args[0])] : [Number(args[0]), Number(args[1])];
  const length = Math.max(0, Math.ceil(end - start));
  if (!(length <= MAX_RANGE)) throw new HogRuntimeError(`range() of more than ${MAX_RANGE} numbers`);
  return Array.from({ length }, (_, index) => start + index);
}

function programOptions(log: Log = () => {}): ExecOptions {
  return {
    ...baseOptions,
    maxAsyncSteps: MAX_FETCHES,
    // Never called: the machine stops at the name and hands the call out.
    asyncFunctions: { fetch: async () => undefined },
    functions: { range, print: (...args) => log(args.map(printed).join(", ")) },
  };
}

function printed(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
