import { vm } from "./machine.ts";

/** The names of the machine's functions (contract §5.3). */
export const FUNCTIONS: ReadonlySet<string> = new Set([
  ...Object.keys(vm.STL),
  // The part of the standard library that is itself bytecode; the package does not export its names.
  ...["arrayCount", "arrayExists", "arrayFilter", "arrayMap", "arrayReduce"],
  ...["inCohort", "notInCohort", "sortableSemver"],
]);
