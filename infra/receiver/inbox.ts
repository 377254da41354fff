/** One handler's part of a delivery (design §7). */
export const states = ["stored", "running", "handled", "retrying", "dead"] as const;
export type State = (typeof states)[number];

/** A verified POST as it is stored. Times are in milliseconds of the Unix epoch. */
export type NewDelivery = {
  /** The webhook-id. */
  id: string;
  destination: string;
  uuid: string;
  event: string;
  sentAt: number;
  receivedAt: number;
  body: string;
  /** At least one. */
  handlers: string[];
};

/** One delivery leased to one handler. `key` is the engine's own; `attempt` counts from 1. */
export type Job = Omit<NewDelivery, "handlers" | "sentAt"> & {
  key: number;
  handler: string;
  attempt: number;
};

export type Outcome =
  | { state: "handled" }
  | { state: "retrying"; dueAt: number; error: string }
  | { state: "dead"; error: string };

/**
 * The durable table of deliveries. Every promise resolves only after the commit, and rejects if there was none.
 * `inbox.contract.ts` says how an engine must behave.
 */
export type Inbox = {
  /**
   * Idempotent by (destination, webhook-id) and by (destination, event uuid), because a rerun mints a new webhook-id
   * (contract §2.3). A handler that the known delivery does not have yet gets it; no other sees it twice.
   */
  store(delivery: NewDelivery): Promise<"stored" | "repeated">;
  /** Takes up to `limit` due deliveries of a handler; a lease not settled by `until` is due again. */
  lease(request: { handler: string; limit: number; now: number; until: number }): Promise<Job[]>;
  /** Ends a lease; without effect when the lease has meanwhile gone to a later attempt. */
  settle(job: Job, outcome: Outcome, now: number): Promise<void>;
  /** Makes the dead letters of a webhook-id as new: due now, no attempt counted. The names of their handlers. */
  replay(id: string, now: number): Promise<string[]>;
  /** Deletes some deliveries received before the time and handled by all; how many, 0 when there are no more. */
  prune(before: number): Promise<number>;
  /** Deliveries that wait, by handler. */
  waiting(): Promise<Map<string, number>>;
  /** Resolves if a write can be committed now. */
  ready(): Promise<void>;
  /** Commits what was asked before, then lets go of the file. */
  close(): Promise<void>;
};

/** Nothing was stored: the file is somebody else's, or from another version. The message says what to do. */
export class InboxError extends Error {
  override name = "InboxError";
}
