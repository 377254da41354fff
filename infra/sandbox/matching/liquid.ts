import { createRequire } from "node:module";
import { HogRuntimeError } from "../../hog/evaluate.ts";

const require = createRequire(import.meta.url);
let loaded: ReturnType<typeof load> | undefined;

// As Hog's own machine has them (contract §4.8): a loop in a loop would end the process, at each start again
const limits = { renderLimit: 5_000, memoryLimit: 64_000_000 };

// At the first template: a sandbox starts some 20 ms sooner without it
function load() {
  const { Liquid, LiquidError }: typeof import("liquidjs") = require("liquidjs");
  // As PostHog sets it up: what is printed is escaped for HTML, and there are no files to include (contract §5.2)
  return { engine: new Liquid({ outputEscape: "escape", templates: {}, ...limits }), LiquidError };
}

const entities = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'", "&amp;": "&" };

/** Every text of a value rendered; `now` is there beside the globals. Throws `HogRuntimeError`, as an input of Hog does. */
export function renderLiquid(value: unknown, globals: Record<string, unknown>, now: Date): unknown {
  if (typeof value === "string") return renderText(value, { ...globals, now });
  if (Array.isArray(value)) return value.map((item) => renderLiquid(item, globals, now));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, renderLiquid(item, globals, now)]),
  );
}

function renderText(template: string, context: Record<string, unknown>): string {
  loaded ??= load();
  const { engine, LiquidError } = loaded;
  try {
    return engine.parseAndRenderSync(template.replace(/{{.*?}}|{%.*?%}/g, decoded), context);
  } catch (error) {
    if (LiquidError.is(error)) throw new HogRuntimeError(error);
    throw error;
  }
}

/** An editor of e-mails writes `>` in a tag as an entity. */
function decoded(tag: string): string {
  return tag.replace(/&(?:lt|gt|quot|#x27|amp);/g, (entity) => entities[entity as keyof typeof entities]);
}
