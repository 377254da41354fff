import { join, resolve } from "node:path";

/** The project's folder. */
export const root = resolve(import.meta.dirname, "../..");

/** Where a stack's receiver keeps its inbox, log and pid. */
export function receiverData(stack: string): string {
  return join(root, ".data", stack);
}

export const sandboxData = join(root, ".data/sandbox");
