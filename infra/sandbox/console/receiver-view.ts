/**
 * What the console shows of a receiver. The sandbox knows nothing of `infra/receiver`: whoever starts it hands this in
 * (`infra/cli/console-sources.ts`). Times are ISO 8601.
 */
export type ReceiverView = {
  /** Whose inbox it is, such as `dev`. */
  stack: string;
  running(): boolean;
  /** Another one whenever the inbox may have changed; cheap enough to ask every second. */
  version(): string;
  /** The newest first; empty where nothing was ever delivered. */
  list(query: { limit?: number; state?: "dead" | "retrying"; uuid?: string }): InboxDelivery[];
  show(id: string): (InboxDelivery & { headers: Record<string, string>; body: unknown }) | undefined;
  /** Gives a dead letter to its handlers anew; their names, none when nothing was dead. */
  replay(id: string): string[];
  /** The handlers that a destination names, by slug. */
  handlers(): Promise<ReadonlyMap<string, string[]>>;
};

export type InboxDelivery = {
  id: string;
  destination: string;
  event: string;
  uuid: string;
  state: string;
  /** `settledAt`: when it handled it or gave up. */
  handlers: { name: string; state: string; attempts: number; lastError?: string; settledAt?: string }[];
  receivedAt: string;
  handledAt?: string;
};

/** An event that somebody may want to send, in the project's own samples. */
export type SampleEvent = {
  /** What it shows. */
  name: string;
  event: string;
  distinctId?: string;
  properties: Record<string, unknown>;
  person: Record<string, unknown>;
  groups: Record<string, unknown>;
};
