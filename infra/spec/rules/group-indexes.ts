import type { Diagnostic } from "../diagnostic.ts";
import { conditionsOf } from "../lowering/filters.ts";
import { toDiagnostic } from "../report.ts";
import type { CheckedDestination } from "./project-rule.ts";

/** PostHog numbers group types in the order in which a project met them: the same number is another group elsewhere. */
export function checkGroupIndexes({ source, environments }: CheckedDestination): Diagnostic[] {
  const seen = new Map<string, Set<number>>();
  const found: Diagnostic[] = [];
  for (const [stack, { lowering }] of environments) {
    const conditions = lowering.lowered ? conditionsOf(lowering.lowered.filters) : [];
    const own = new Map<string, Set<number>>();
    for (const condition of conditions) {
      const { key, group_type_index: index } = condition;
      const path = lowering.origins.get(condition);
      if (index === undefined || path === undefined) continue;
      own.set(key, (own.get(key) ?? new Set()).add(index));
      const others = seen.get(key);
      if (others === undefined || others.has(index)) continue;
      const roots = stack === undefined ? [[]] : [["environments", stack], []];
      const problem = {
        code: "HW074",
        severity: "warning",
        path: [...path, "group_type_index"],
        message: `the group that \`${key}\` belongs to is number ${[...others].join(" or ")} elsewhere in this file, and ${index} here`,
        hint: `Name it, and each project's own number is looked up: \`group: { company: { ${key}: … } }\`.`,
      } as const;
      found.push(toDiagnostic(source, roots, { ...problem, path: [...problem.path] }));
    }
    // Two group types of one environment may have a property of one name.
    for (const [key, indexes] of own) seen.set(key, new Set([...indexes, ...(seen.get(key) ?? [])]));
  }
  return found;
}
