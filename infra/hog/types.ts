/** What `@posthog/hogvm` runs: `["_H", 1, …opcodes]`. */
export type Bytecode = unknown[];

/** A property condition in PostHog's own JSON (contract §4.3). `operator` defaults to `exact`, `type` to `event`. */
export type HogProperty = {
  key: string;
  value?: unknown;
  operator?: string;
  type?: string;
  group_type_index?: number;
};

/**
 * One event of a filter; `id: null` is every event (contract §1.8). In either list the item's own `type` says what it is,
 * "events" or "actions": without one it asks for its properties only.
 */
export type HogEventFilter = { id: string | null; type?: string; properties?: HogProperty[] };

/** One action of a filter; PostHog writes its integer id as a string (contract §1.8). */
export type HogActionFilter = { id: string; type?: string; properties?: HogProperty[] };

/** A destination's filters in PostHog's own JSON; unknown keys are ignored by the compiler. */
export type HogFilters = {
  source?: string;
  events?: HogEventFilter[];
  actions?: HogActionFilter[];
  properties?: HogProperty[];
  filter_test_accounts?: boolean;
};

/** How an action's step compares a text; without one `url` is "contains", `href` and `text` are "exact". */
export type HogMatching = "contains" | "regex" | "exact";

/** One step of an action (contract §6.1); steps are ORed, the fields of a step ANDed. */
export type HogActionStep = {
  event?: string | null;
  url?: string | null;
  url_matching?: HogMatching | null;
  properties?: HogProperty[] | null;
  /** These four are read for the event `$autocapture` only. */
  selector?: string | null;
  tag_name?: string | null;
  href?: string | null;
  href_matching?: HogMatching | null;
  text?: string | null;
  text_matching?: HogMatching | null;
};

/** What the filters of a project refer to: compiled in at save time, as PostHog does (contract §4.2). */
export type FilterContext = {
  testAccountFilters?: HogProperty[];
  /** By id, as a string. */
  actions?: Map<string, HogActionStep[]>;
  /** A relative date (`-7d`) is fixed when the filter is compiled, as in PostHog. Default: now. */
  now?: Date;
  /** The project's time zone, for relative dates. Default: UTC. */
  timezone?: string;
  /** The project's rules for `is_cleaned_path_exact`, in their order. Default: none, so that it is `exact`. */
  pathCleaning?: { regex: string; alias: string }[];
};

/** An event as capture stores it. */
export type HogEvent = {
  uuid: string;
  event: string;
  distinct_id: string;
  properties: Record<string, unknown>;
  /** ISO 8601. */
  timestamp: string;
  elements_chain?: string;
};

export type HogPerson = { id: string; properties: Record<string, unknown> };
export type HogGroup = { type: string; index: number; id: string; properties: Record<string, unknown> };
