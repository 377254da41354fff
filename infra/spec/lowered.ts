import type { HogProperty } from "../hog/types.ts";

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
  webhook: LoweredWebhook;
};

export type LoweredFilters = {
  events: "all" | LoweredEvent[];
  /** Hold for every event; `operator` is left out when `exact`, `type` when `event`. */
  properties?: HogProperty[];
  filter_test_accounts?: true;
};

export type LoweredEvent = { id: string; properties?: HogProperty[] };

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
