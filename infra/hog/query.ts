import { loadParser, type Parser } from "./compiler/parser.ts";

let parser: Promise<Parser> | undefined;

/** The tree of a HogQL query, as PostHog's parser gives it; throws `HogError`. The first call loads the parser. */
export async function parseQuery(source: string): Promise<unknown> {
  parser ??= loadParser();
  return (await parser).select(source);
}
