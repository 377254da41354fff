import { RE2JS } from "re2js";

// One pattern meets every event; compiling it is most of the cost.
const CACHE_SIZE = 10_000;
const compiled = new Map<string, RE2JS>();

/** What the virtual machine asks for: RE2, unanchored, `(?i)` in the pattern (PostHog's runtime uses RE2 as well). */
export const regex = {
  match: (pattern: string, value: unknown): boolean => compile(pattern).matcher(String(value)).find(),
  extract: (pattern: string, value: unknown): string => {
    const matcher = compile(pattern).matcher(String(value));
    if (!matcher.find()) return "";
    return matcher.group(matcher.groupCount() > 0 ? 1 : 0) ?? "";
  },
};

/** What is wrong with a pattern, or null. RE2 has no look-around and no back-references. */
export function checkRegex(pattern: string): string | null {
  try {
    compile(pattern);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function compile(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known) return known;
  const fresh = RE2JS.compile(pattern);
  if (compiled.size >= CACHE_SIZE) compiled.clear();
  compiled.set(pattern, fresh);
  return fresh;
}
