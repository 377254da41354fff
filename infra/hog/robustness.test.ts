import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { createCompiler } from "./compile.ts";
import { HogRuntimeError, matches, render, resumeProgram, startProgram } from "./evaluate.ts";
import full from "./fixtures/02-full-webhook-function.json" with { type: "json" };
import { anyHostileFilters } from "./fixtures/hostile-filters.ts";
import { anyContext, anyEvent, anyFilters } from "./fixtures/random-filters.ts";
import { anyExpression, anyProgram, mutationsOf } from "./fixtures/random-programs.ts";
import { filterGlobals } from "./globals.ts";
import { HogError } from "./hog-error.ts";
import type { Bytecode, HogFilters } from "./types.ts";

// `npm test` tries some thousand inputs, always the same; `LONG=1` many more, each time others.
const LONG = process.env.LONG === "1";
const runs = (numRuns: number) => (LONG ? { numRuns: numRuns * 40 } : { numRuns, seed: 20_261_125 });
const timeout = LONG ? 3_600_000 : 180_000;

let tried = 0;
let compiled = 0;
afterAll(() => console.log(`robustness: ${tried} inputs tried, ${compiled} of them compiled`));

const compiler = await createCompiler();
const globals = { inputs: { list: [1, "x", null], x: { y: 1 } }, event: { event: "signup", properties: {} } };

/** Compiles, or is refused with words; undefined when refused. */
function compiledOrNamed<T>(compile: () => T): T | undefined {
  tried++;
  try {
    const code = compile();
    compiled++;
    return code;
  } catch (error) {
    if (!(error instanceof HogError)) throw error;
    expect(error.message).toMatch(/\w/);
    expect(error.message).not.toMatch(/undefined|\[object|is not a function|Cannot read/);
    return undefined;
  }
}

/** Runs to its end, its third fetch or its failure. */
function runs3Fetches(bytecode: Bytecode): void {
  try {
    let step = startProgram(bytecode, globals);
    for (let fetches = 0; !step.done && fetches < 3; fetches++) {
      step = resumeProgram(structuredClone(step.state), { status: 200, body: {} });
    }
  } catch (error) {
    if (!(error instanceof HogRuntimeError)) throw error;
  }
}

test(
  "filters that PostHog's UI could make compile or are refused by name, and then match or do not",
  () => {
    const property = fc.property(anyFilters, anyContext, anyEvent, (filters, context, occasion) => {
      const bytecode = compiledOrNamed(() => compiler.filters(filters, context));
      if (bytecode) expect(typeof matches(bytecode, filterGlobals(occasion)).matched).toBe("boolean");
    });
    fc.assert(property, runs(500));
  },
  timeout,
);

test(
  "filters of any shape compile or are refused by name, twice the same",
  () => {
    const property = fc.property(anyHostileFilters, anyContext, anyEvent, (filters, context, occasion) => {
      const first = compiledOrNamed(() => compiler.filters(filters as HogFilters, context)); // whatever it is
      const again = compiledOrNamed(() => compiler.filters(filters as HogFilters, context));
      expect(again).toEqual(first);
      if (!first) return;
      expect(JSON.parse(JSON.stringify(first))).toEqual(first);
      expect(typeof matches(first, filterGlobals(occasion)).matched).toBe("boolean");
    });
    fc.assert(property, runs(2_000));
  },
  timeout,
);

test(
  "programs of the grammar compile or are refused by name, and end or fail",
  () => {
    const property = fc.property(anyProgram, (source) => {
      const bytecode = compiledOrNamed(() => compiler.program(source));
      compiledOrNamed(() => compiler.programAddresses(source));
      if (bytecode) runs3Fetches(bytecode);
    });
    fc.assert(property, runs(60));
  },
  timeout,
);

test(
  "expressions and templates compile or are refused by name, and have a value or fail",
  () => {
    const property = fc.property(anyExpression, (source) => {
      for (const compile of [() => compiler.expression(source), () => compiler.template(`{${source}} x`)]) {
        const bytecode = compiledOrNamed(compile);
        if (bytecode)
          expect(failureOf(() => render(bytecode, globals))).toBeOneOf([undefined, "HogRuntimeError"]);
      }
    });
    fc.assert(property, runs(150));
  },
  timeout,
);

test(
  "half-typed code compiles or is refused at a place in it",
  () => {
    const property = fc.property(mutationsOf(full.data.request_body.hog), (source) => {
      const bytecode = compiledOrNamed(() => compiler.program(source));
      if (bytecode) runs3Fetches(bytecode);
    });
    fc.assert(property, runs(300));
  },
  timeout,
);

function failureOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}
