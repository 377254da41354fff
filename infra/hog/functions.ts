import vm from "@posthog/hogvm";

// The part of the standard library that is itself bytecode; the package does not export its names.
const BYTECODE_FUNCTIONS = [
  ...["arrayCount", "arrayExists", "arrayFilter", "arrayMap", "arrayReduce"],
  ...["inCohort", "notInCohort", "sortableSemver"],
];

/** Whether the machine has a function of this name (contract §5.3). */
export function isFunction(name: string): boolean {
  return Object.hasOwn(vm.STL, name) || BYTECODE_FUNCTIONS.includes(name);
}
