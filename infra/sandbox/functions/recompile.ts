import { recompileFilters } from "./filters.ts";
import type { HogFunction } from "./hog-function.ts";
import type { SerializerContext } from "./hog-function-serializer.ts";
import type { HogFunctions } from "./hog-functions.ts";

type Context = Pick<SerializerContext, "compiler" | "project">;

/**
 * What PostHog does in the background once an action was saved, here at once (contract §1.8): a function whose filters
 * name the action gets new bytecode and a new `updated_at`, its version stays; what no longer compiles keeps what it had.
 * When no function names it, those that leave test accounts out are touched instead (`refresh_affected_hog_functions`).
 */
export function recompileForAction(actionId: number, functions: HogFunctions, context: Context): void {
  const all = functions.list({}, -1, 0);
  const using = all.filter(({ filters }) => filters.actions?.some(({ id }) => id === String(actionId)));
  const affected = using.length > 0 ? using : all.filter(({ filters }) => filters.filter_test_accounts);
  recompile(affected, functions, context);
}

/** The same for the project's own filters: all functions that use them. */
export function recompileForTestAccounts(functions: HogFunctions, context: Context): void {
  recompile(
    functions.list({}, -1, 0).filter(({ filters }) => filters.filter_test_accounts),
    functions,
    context,
  );
}

function recompile(affected: HogFunction[], functions: HogFunctions, context: Context): void {
  for (const fn of affected) {
    const filters = recompileFilters(fn.filters, context);
    if (filters) functions.setFilters(fn, filters);
  }
}
