import type { HogCompiler } from "../compile.ts";
import type { GlobalRead } from "../compiler/scope.ts";
import { HogError } from "../hog-error.ts";
import { both, code, shown } from "./shown.ts";

const PERIODS = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
] as const;

/** `At most once an hour for each person and event.` Contract §4.7. */
export function maskingWords(
  { ttl, hash, threshold }: { ttl: number; hash: string; threshold?: number | null },
  compiler: HogCompiler,
): string {
  const again = threshold ? `, and again after every ${threshold}` : "";
  return `At most once ${period(ttl)}${per(hash, compiler)}${again}.`;
}

function period(seconds: number): string {
  const [length, name] = PERIODS.find(([length]) => seconds >= length && seconds % length === 0) ?? [
    1,
    "second",
  ];
  const count = seconds / length;
  if (count !== 1) return `every ${count} ${name}s`;
  return name === "hour" ? "an hour" : `a ${name}`;
}

function per(hash: string, compiler: HogCompiler): string {
  try {
    const things = [...new Set(compiler.globals(hash).map(thing))];
    return things.length > 0 ? ` for each ${both(things)}` : " in all";
  } catch (error) {
    if (error instanceof HogError) return ` for each value of ${code(hash)}`;
    throw error;
  }
}

function thing({ name, path }: GlobalRead): string {
  const [section, key, part] = path;
  if (name === "event") {
    if (section === "properties" && key !== undefined) return shown(key);
    if (section === "event") return "event";
    if (section === "distinct_id") return "distinct ID";
    return section === "uuid" || section === undefined ? "single event" : `event's ${shown(section)}`;
  }
  if (name === "person") {
    return section === "properties" && key !== undefined ? `person's ${shown(key)}` : "person";
  }
  if (name === "groups" && section !== undefined) {
    return key === "properties" && part !== undefined ? `${shown(section)}'s ${shown(part)}` : shown(section);
  }
  return code([name, ...path].join("."));
}
