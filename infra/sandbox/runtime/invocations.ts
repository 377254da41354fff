import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../clock.ts";
import type { Attempt } from "./delivery.ts";

/** How a function met an event; the names are those of PostHog's metrics (contract §3), but for the first. */
export type InvocationState =
  | "queued"
  | "succeeded"
  | "failed"
  | "filtered"
  | "filtering_failed"
  | "inputs_failed"
  | "masked";

/** A run that waits for its turn; `globals` were made when the event matched (contract §4.1). */
export type Job = { id: string; functionId: string; globals: Record<string, unknown> };

type Delivery = {
  webhookId: string | null;
  signed: boolean;
  state: string;
  /** Null until the first attempt ended. */
  request: { method: string; url: string; headers: Record<string, string>; body: string | null } | null;
  attempts: Attempt[];
};
type LogEntry = { timestamp: string; level: string; message: string };

/** What became of each event at each function: the queue, the deliveries, the logs and the metrics. */
export class Invocations {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    // a killed sandbox sends again, under a new webhook-id, as PostHog's worker does after a crash (contract §2.3)
    database.exec("UPDATE deliveries SET state = 'interrupted' WHERE state = 'sending'");
  }

  add(
    eventUuid: string,
    functionId: string,
    verdict: { state: InvocationState; reason?: string; globals?: Record<string, unknown> },
  ): void {
    const id = randomUUID();
    const globals = verdict.globals === undefined ? null : JSON.stringify(verdict.globals);
    this.#database
      .prepare(
        "INSERT INTO invocations (id, event_uuid, function_id, state, reason, globals) VALUES (?, ?, ?, ?, ?, ?)",
      )
      .run(id, eventUuid, functionId, verdict.state, verdict.reason ?? null, globals);
    this.count(functionId, verdict.state === "queued" ? "triggered" : verdict.state);
    if (verdict.state.endsWith("_failed")) this.log(id, functionId, "ERROR", verdict.reason ?? verdict.state);
  }

  settle(job: Job, state: "succeeded" | "failed", reason?: string): void {
    this.#database
      .prepare("UPDATE invocations SET state = ?, reason = ?, globals = NULL WHERE id = ?")
      .run(state, reason ?? null, job.id);
    this.count(job.functionId, state);
  }

  /** The oldest jobs that are not under way. */
  nextJobs(limit: number, underWay: Set<string>): Job[] {
    return this.#database
      .prepare("SELECT id, function_id, globals FROM invocations WHERE state = 'queued' ORDER BY row LIMIT ?")
      .all(limit + underWay.size)
      .filter((row) => !underWay.has(String(row.id)))
      .slice(0, limit)
      .map((row) => ({
        id: String(row.id),
        functionId: String(row.function_id),
        globals: JSON.parse(String(row.globals)),
      }));
  }

  addDelivery(job: Job, webhookId: string | null): number {
    const { lastInsertRowid } = this.#database
      .prepare(
        "INSERT INTO deliveries (invocation_id, webhook_id, state, attempts) VALUES (?, ?, 'sending', '[]')",
      )
      .run(job.id, webhookId);
    return Number(lastInsertRowid);
  }

  /** `request` as it was sent last, without secrets; left out: the one saved before. */
  saveDelivery(row: number, state: string, attempts: Attempt[], request?: Delivery["request"]): void {
    this.#database
      .prepare("UPDATE deliveries SET state = ?, attempts = ?, request = coalesce(?, request) WHERE row = ?")
      .run(state, JSON.stringify(attempts), request === undefined ? null : JSON.stringify(request), row);
  }

  log(invocationId: string, functionId: string, level: "INFO" | "WARN" | "ERROR", message: string): void {
    this.#database
      .prepare(
        "INSERT INTO logs (function_id, invocation_id, timestamp, level, message) VALUES (?, ?, ?, ?, ?)",
      )
      .run(functionId, invocationId, new Date(this.#clock.now()).toISOString(), level, message);
  }

  count(functionId: string, name: string): void {
    const hour = `${new Date(this.#clock.now()).toISOString().slice(0, 13)}:00:00Z`;
    this.#database
      .prepare(
        `INSERT INTO metrics (function_id, name, hour, count) VALUES (?, ?, ?, 1)
         ON CONFLICT (function_id, name, hour) DO UPDATE SET count = count + 1`,
      )
      .run(functionId, name, hour);
  }

  /** Everything that one event met, in order. */
  ofEvent(uuid: string) {
    const rows = this.#database
      .prepare(
        `SELECT invocations.*, hog_functions.name, hog_functions.type FROM invocations
         LEFT JOIN hog_functions ON hog_functions.id = function_id WHERE event_uuid = ? ORDER BY invocations.row`,
      )
      .all(uuid);
    return rows.map((row) => ({
      id: String(row.id),
      functionId: String(row.function_id),
      name: row.name === null ? null : String(row.name),
      type: String(row.type),
      state: String(row.state) as InvocationState, // as `add` and `settle` wrote it
      reason: row.reason === null ? undefined : String(row.reason),
      deliveries: this.#deliveriesOf(String(row.id)),
      logs: this.#logsOf(String(row.id)),
    }));
  }

  #deliveriesOf(invocationId: string): Delivery[] {
    const rows = this.#database
      .prepare("SELECT * FROM deliveries WHERE invocation_id = ? ORDER BY row")
      .all(invocationId);
    return rows.map((row) => ({
      webhookId: row.webhook_id === null ? null : String(row.webhook_id),
      signed: row.webhook_id !== null,
      state: String(row.state),
      request: JSON.parse(String(row.request)),
      attempts: JSON.parse(String(row.attempts)),
    }));
  }

  #logsOf(invocationId: string): LogEntry[] {
    const rows = this.#database
      .prepare("SELECT timestamp, level, message FROM logs WHERE invocation_id = ? ORDER BY row")
      .all(invocationId);
    return rows.map((row) => ({
      timestamp: String(row.timestamp),
      level: String(row.level),
      message: String(row.message),
    }));
  }
}
