import { createCompiler } from "../hog/compile.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { type Lowering, type LowerOptions, lowerDestination } from "./lower.ts";
import { parseYaml } from "./parse.ts";

/** The text of one destination, lowered as the program would. */
export async function lowerText(
  text: string | Uint8Array,
  options: Partial<LowerOptions> = {},
): Promise<Lowering> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const defaults: LowerOptions = {
    receiverUrl: "https://receiver.example",
    signingSecret: (slug) => `whsec_${Buffer.from(slug.padEnd(24, ".")).toString("base64")}`,
  };
  return lowerDestination(
    { slug: "example", ...parseYaml("destinations/example.yaml", bytes) },
    { ...defaults, ...options },
    new Set(["crm", "notify"]),
    await createCompiler(),
  );
}

/** A diagnostic in one line. */
export function inOneLine({ code, span, message, hint }: Diagnostic): string {
  const place =
    span &&
    `${span.line}:${span.column}-${span.line === span.endLine ? "" : `${span.endLine}:`}${span.endColumn}`;
  return `${code} ${place} ${message}${hint === undefined ? "" : ` (${hint})`}`;
}
