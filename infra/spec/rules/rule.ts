import type { LoweredFilters, LoweredWay } from "../lowered.ts";
import type { DestinationParts } from "../model/destination.ts";
import type { Policy } from "../model/policy.ts";
import type { Tools } from "../report.ts";

/** One destination in one stack, as far as it could be lowered. */
export type Subject = Tools & {
  /** As written, its environment merged and its references put in. */
  file: DestinationParts;
  stack: string | undefined;
  filters: LoweredFilters | undefined;
  way: LoweredWay | undefined;
  handlers: string[];
  policy: Policy;
};

/** What is wrong beyond the shape, by what PostHog really does; reports and changes nothing. */
export type Rule = (subject: Subject) => void;
