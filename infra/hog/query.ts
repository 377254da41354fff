import { loadParser, type Parser } from "./compiler/parser.ts";
import { HogError } from "./hog-error.ts";

let parser: Promise<Parser> | undefined;

/**
 * The tree of a HogQL query, as PostHog's parser gives it; throws `HogError`, of kind "unsupported" for what exhausts
 * the parser. The first call loads it, and the one after such a text.
 */
export async function parseQuery(source: string): Promise<unknown> {
  parser ??= loadParser();
  try {
    return (await parser).select(source);
  } catch (error) {
    if (!(error instanceof HogError) || error.cause === undefined) throw error;
    parser = undefined;
    throw new HogError("unsupported", "a query that exhausts the parser", undefined, error.cause);
  }
}
