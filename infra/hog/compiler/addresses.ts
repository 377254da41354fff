import type { Expression, Statement } from "./ast.ts";
import type { GlobalRead } from "./scope.ts";

/** Where a `fetch` sends: a text, an input by its key, or what only the running program knows. */
export type Address = { literal: string } | { input: string } | "computed";

/** The address of every `fetch` of a program. One that is handed on (`let f := fetch`) may be called with any. */
export function addressesOf(program: Statement, globals: GlobalRead[]): Address[] {
  const addresses: Address[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    // f(1)(2): the parser calls the first pair of brackets `params`.
    if (isFetch(node)) addresses.push(addressOf((node.params ?? node.args)[0], globals));
    for (const child of Object.values(node)) visit(child);
  };
  visit(program);
  return [...addresses, ...globals.flatMap(({ name }) => (name === "fetch" ? ["computed" as const] : []))];
}

function isFetch(node: object): node is Extract<Expression, { node: "Call" }> {
  return "node" in node && node.node === "Call" && "name" in node && node.name === "fetch";
}

function addressOf(node: Expression | undefined, globals: GlobalRead[]): Address {
  if (node?.node === "Constant" && typeof node.value === "string") return { literal: node.value };
  // A variable may be called `inputs` too: only what was found to be a global is the input.
  const read = globals.find(({ start, end }) => start === node?.start && end === node.end);
  const [key, ...deeper] = read?.path ?? [];
  const isInput = read?.name === "inputs" && key !== undefined && deeper.length === 0;
  return isInput ? { input: key } : "computed";
}
