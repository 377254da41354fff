import { checkAlerts } from "./alerts.ts";
import { checkDefaults, checkNullable } from "./inputs.ts";
import { checkForbiddenFields, checkHosts } from "./policy.ts";
import type { Rule } from "./rule.ts";
import { checkEventNames, checkLiquid, checkWithdrawn } from "./texts.ts";
import { checkContentType, checkDebug } from "./webhook.ts";

/** The rules that look at one destination; those over the whole project are in `check.ts`. */
export const DESTINATION_RULES: readonly Rule[] = [
  checkAlerts,
  checkEventNames,
  checkWithdrawn,
  checkLiquid,
  checkNullable,
  checkDefaults,
  checkContentType,
  checkDebug,
  checkHosts,
  checkForbiddenFields,
];
