import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../clock.ts";
import { preparer } from "../database.ts";
import type { Attempt, SentRequest } from "../sending/delivery.ts";
import type { Writes } from "../writes.ts";

/** How a function met an event; the names are those of PostHog's metrics (contract §3), but for the first. */
export type InvocationState =
  | "queued"
  | "succeeded"
  | "failed"
  | "filtered"
  | "filtering_failed"
  | "inputs_failed"
  | "masked"
  | "quota_limited"
  | "disabled_permanently";

/** A run that waits for its turn; `globals` were made when the event matched (contract §4.1). */
export type Job = { id: string; functionId: string; eventUuid: string; globals: Record<string, unknown> };

export type Delivery = {
  webhookId: string | null;
  signed: boolean;
  state: string;
  /** As it was sent last, without secrets; null until the first attempt ended. */
  request: SentRequest | null;
  attempts: Attempt[];
};

/** A delivery that is under way. */
export type OpenDelivery = Pick<Delivery, "webhookId" | "state" | "request" | "attempts"> & { row: number };

/** Which past runs; times are ISO 8601, `to` is excluded. A run that is still in the queue is never among them. */
export type PastQuery = {
  functionId: string;
  from: string;
  to: string;
  notBefore: string;
  statuses: ("running" | "succeeded" | "failed")[];
  errorKinds: string[] | undefined;
  errorContains: string | undefined;
  runsBelow: number | undefined;
  ids: string[] | undefined;
  limit: number;
};

const buffered = 200;

/** What became of each event at each function that it was not filtered by: the queue and the deliveries. */
export class Invocations {
  readonly #sql: ReturnType<typeof preparer>;
  readonly #writes: Writes;
  readonly #clock: Clock;
  #waiting: Job[] = [];
  #lastTaken = 0;
  #lastDelivery: number;

  constructor(database: DatabaseSync, writes: Writes, clock: Clock) {
    this.#sql = preparer(database);
    this.#writes = writes;
    this.#clock = clock;
    // a killed sandbox sends again, under a new webhook-id, as PostHog's worker does after a crash (contract §2.3)
    database.exec("UPDATE deliveries SET state = 'interrupted' WHERE state = 'sending'");
    this.#lastDelivery = Number(this.#sql("SELECT max(row) AS row FROM deliveries").get()?.row);
  }

  /** Inside the transaction that matches the event. */
  add(
    eventUuid: string,
    functionId: string,
    verdict: { state: InvocationState; reason?: string; globals?: Record<string, unknown> },
  ): string {
    const id = randomUUID();
    const { state, reason = null, globals } = verdict;
    this.#sql(
      `INSERT INTO invocations (id, event_uuid, function_id, state, reason, globals, scheduled_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      id,
      eventUuid,
      functionId,
      state,
      reason,
      globals ? JSON.stringify(globals) : null,
      new Date(this.#clock.now()).toISOString(),
    );
    return id;
  }

  /** The oldest jobs; each is given once a start. */
  take(count: number): Job[] {
    if (this.#waiting.length < count) this.#refill();
    return this.#waiting.splice(0, count);
  }

  settle(job: Job, state: "succeeded" | "failed", reason?: string): void {
    const update = this.#sql(
      "UPDATE invocations SET state = ?, reason = ?, error_kind = ?, globals = NULL WHERE id = ?",
    );
    const kind = reason === undefined ? null : errorKind(reason);
    this.#writes.add(() => update.run(state, reason ?? null, kind, job.id));
  }

  /** A rerun (contract §11.5): the same invocation goes through the queue again. Inside a transaction. */
  requeue(job: Job): void {
    this.#sql(
      "UPDATE invocations SET state = 'queued', reason = NULL, error_kind = NULL, runs = runs + 1, globals = ? WHERE id = ?",
    ).run(JSON.stringify(job.globals), job.id);
    this.#waiting.push(job);
  }

  /** The oldest first. Those that were filtered, masked or had no inputs are no runs. */
  past(query: PastQuery): { id: string; eventUuid: string }[] {
    this.#writes.flush();
    const list = (values: string[] | undefined) => (values === undefined ? null : JSON.stringify(values));
    return this.#sql(
      `SELECT id, event_uuid FROM invocations
       WHERE function_id = :functionId AND scheduled_at >= max(:from, :notBefore) AND scheduled_at < :to
         AND state IN ('succeeded', 'failed') AND state IN (SELECT value FROM json_each(:states))
         AND (:kinds IS NULL OR error_kind IN (SELECT value FROM json_each(:kinds)))
         AND (:ids IS NULL OR id IN (SELECT value FROM json_each(:ids)))
         AND (:text IS NULL OR instr(reason, :text) > 0)
         AND (:runs IS NULL OR runs < :runs)
       ORDER BY row LIMIT :limit`,
    )
      .all({
        functionId: query.functionId,
        from: query.from,
        to: query.to,
        notBefore: query.notBefore,
        states: JSON.stringify(query.statuses),
        kinds: list(query.errorKinds),
        ids: list(query.ids),
        text: query.errorContains ?? null,
        runs: query.runsBelow ?? null,
        limit: query.limit,
      })
      .map((row) => ({ id: String(row.id), eventUuid: String(row.event_uuid) }));
  }

  openDelivery(job: Job, webhookId: string | null): OpenDelivery {
    const row = ++this.#lastDelivery;
    const delivery: OpenDelivery = { row, webhookId, state: "sending", request: null, attempts: [] };
    const insert = this.#sql(
      "INSERT INTO deliveries (row, invocation_id, webhook_id, state, attempts) VALUES (?, ?, ?, 'sending', '[]')",
    );
    this.#writes.add(() => insert.run(row, job.id, webhookId));
    return delivery;
  }

  saveDelivery(delivery: OpenDelivery): void {
    const update = this.#sql("UPDATE deliveries SET state = ?, request = ?, attempts = ? WHERE row = ?");
    this.#writes.add(() => {
      const { state, request, attempts, row } = delivery;
      update.run(state, JSON.stringify(request), JSON.stringify(attempts), row);
    }, delivery);
  }

  /** Everything that one event met, in order, but for what filtered it. */
  ofEvent(uuid: string) {
    this.#writes.flush();
    return this.#sql(
      `SELECT invocations.*, hog_functions.name, hog_functions.type FROM invocations
       LEFT JOIN hog_functions ON hog_functions.id = function_id WHERE event_uuid = ? ORDER BY invocations.row`,
    )
      .all(uuid)
      .map((row) => ({
        id: String(row.id),
        functionId: String(row.function_id),
        name: row.name === null ? null : String(row.name),
        type: String(row.type),
        state: String(row.state) as InvocationState, // as `add` and `settle` wrote it
        reason: row.reason === null ? undefined : String(row.reason),
        deliveries: this.#deliveriesOf(String(row.id)),
      }));
  }

  #refill(): void {
    const rows = this.#sql(
      `SELECT row, id, event_uuid, function_id, globals FROM invocations
       WHERE state = 'queued' AND row > ? ORDER BY row LIMIT ${buffered}`,
    ).all(this.#lastTaken);
    for (const row of rows) {
      this.#lastTaken = Number(row.row);
      this.#waiting.push({
        id: String(row.id),
        functionId: String(row.function_id),
        eventUuid: String(row.event_uuid),
        globals: JSON.parse(String(row.globals)),
      });
    }
  }

  #deliveriesOf(invocationId: string): Delivery[] {
    return this.#sql("SELECT * FROM deliveries WHERE invocation_id = ? ORDER BY row")
      .all(invocationId)
      .map((row) => ({
        webhookId: row.webhook_id === null ? null : String(row.webhook_id),
        signed: row.webhook_id !== null,
        state: String(row.state),
        request: JSON.parse(String(row.request)),
        attempts: JSON.parse(String(row.attempts)),
      }));
  }
}

/** PostHog tells kinds apart by the message (`hog-invocation-results.service.ts`). */
function errorKind(message: string): string {
  const status = /\b(?:status(?: code)?|http(?:[/ ]\d)?)\s*[:= ]?\s*([45])\d\d\b/i.exec(message)?.[1];
  if (/timeout|timed out/i.test(message)) return "timeout";
  if (status === "5" || /server error/i.test(message)) return "http_5xx";
  if (status === "4") return "http_4xx";
  return "hog_error";
}
