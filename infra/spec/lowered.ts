/**
 * A destination with its environment merged, short forms expanded, references and secrets resolved (design §1).
 * It is what a resource's inputs are made of: YAML's key names; defaults and empty values are left out.
 */
export type LoweredDestination = {
  slug: string;
  name: string;
  description?: string;
  enabled: boolean;
  filters: LoweredFilters;
  masking?: LoweredMasking;
} & LoweredWay &
  LoweredLifecycle;

/** What a file says of its object besides what it is; PostHog has none of it. */
export type LoweredLifecycle = {
  /** The id of one that is in PostHog already. */
  adopt?: string;
  /** What the file was called before. */
  aliases?: string[];
  /**
   * Each is left out when false. Only a destination has `upgrade`: it follows its template, where otherwise it keeps the copy
   * it was made of (contract §1.12).
   */
  lifecycle?: { protect?: true; retain?: true; upgrade?: true };
};

/** How it sends: exactly one. `handlers` lowers to a webhook, `slack` to a template. */
export type LoweredWay = { webhook: LoweredWebhook } | { template: LoweredTemplate } | { hog: LoweredHog };

export type LoweredFilters = {
  /** Left out when `events`. */
  source?: "internal-events" | "person-updates";
  /** Only `person-updates` has none. */
  events?: "all" | LoweredEvent[];
  /** Hold for every event. */
  properties?: LoweredProperty[];
  filter_test_accounts?: true;
};

/** An event by its name, an event filter of this project by its slug, or somebody else's action by its id. */
export type LoweredEvent = (
  | { id: string }
  /** In a resource's inputs the action's id stands beside it, as `id`. */
  | { filter: string }
  | { action: number }
) & { properties?: LoweredProperty[] };

/** `operator` is left out when `exact`, `type` when `event`. */
export type LoweredProperty = {
  key: string;
  value?: unknown;
  operator?: string;
  type?: string;
  /** A group by PostHog's own number … */
  group_type_index?: number;
  /** … or by its name, which each project numbers in its own way. */
  group_type?: string;
};

/** PostHog's masking (contract §1.9): `ttl` in seconds, `hash` a Hog template. */
export type LoweredMasking = { ttl: number; hash: string; threshold?: number };

export type LoweredWebhook = {
  url: string;
  /** Left out when POST. */
  method?: "PUT" | "PATCH" | "GET" | "DELETE";
  /** Left out when `{ "Content-Type": "application/json" }`. */
  headers?: Record<string, string>;
  /** A tree of Hog templates; the presets `event` and `flat` are expanded. */
  body: unknown;
  /** `whsec_` + base64 of at least 24 bytes (Standard Webhooks). */
  signing_secret?: string;
  /** The inputs that hold a `${secret:}`: PostHog keeps them encrypted and never reads them back. */
  secret_inputs?: ("url" | "headers")[];
  debug?: true;
};

/** One of PostHog's destination templates. */
export type LoweredTemplate = {
  id: string;
  /** Each is its bare value, or exactly `{ value, templating }`. */
  inputs: Record<string, unknown>;
  /** The inputs that hold a `${secret:}`. */
  secret_inputs?: string[];
};

/** Code of one's own; `inputs` as in a template. */
export type LoweredHog = {
  code: string;
  /** `required`, `secret` and `hidden` are left out when false. */
  inputs_schema?: LoweredSchemaItem[];
  inputs?: Record<string, unknown>;
};

/** An item of PostHog's `inputs_schema` (contract §1.5). */
export type LoweredSchemaItem = { key: string; type: string; secret?: true } & Record<string, unknown>;

/** An event filter: in PostHog an action (contract §6.1). */
export type LoweredEventFilter = {
  slug: string;
  name: string;
  description?: string;
  /** Any of these. */
  steps: LoweredStep[];
} & LoweredLifecycle;

/** All of these. */
export type LoweredStep = {
  event?: string;
  properties?: LoweredProperty[];
  url?: string;
  /** Left out when `contains`. */
  url_matching?: "regex" | "exact";
  href?: string;
  /** Left out when `exact`. */
  href_matching?: "contains" | "regex";
  text?: string;
  /** Left out when `exact`. */
  text_matching?: "contains" | "regex";
  tag_name?: string;
  selector?: string;
};
