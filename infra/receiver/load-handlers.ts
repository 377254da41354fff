import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Handler, isHandler } from "./define-handler.ts";
import { ConfigurationError } from "./index.ts";

/** Imports `<name>.ts` of the folder (a URL with a slash at its end) for each name, or says all that is wrong. */
export async function loadHandlers(folder: URL, names: Iterable<string>): Promise<Record<string, Handler>> {
  const handlers: Record<string, Handler> = {};
  const problems: string[] = [];
  for (const name of new Set(names)) {
    const file = new URL(`${name}.ts`, folder);
    const shown = `destinations/handlers/${name}.ts`;
    if (!existsSync(fileURLToPath(file))) {
      problems.push(`Handler ${name} is named by a route, but ${shown} does not exist.`);
      continue;
    }
    try {
      const { default: handler }: { default?: unknown } = await import(file.href);
      if (isHandler(handler)) handlers[name] = handler;
      else problems.push(`${shown} must \`export default defineHandler({ … })\`.`);
    } catch (error) {
      problems.push(`${shown} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return handlers;
}
