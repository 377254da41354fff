import type { DatabaseSync } from "node:sqlite";
import { preparer } from "../database.ts";
import type { Writes } from "../writes.ts";
import type { LogEntry } from "./run-log.ts";

type LogsQuery = {
  functionId: string;
  limit: number;
  /** ISO 8601 in UTC, both excluded. */
  after?: string | undefined;
  before?: string | undefined;
  levels?: string[] | undefined;
  search?: string | undefined;
  instanceId?: string | undefined;
};

/** What the functions' runs said; an instance is an invocation (contract §3). */
export class Logs {
  readonly #sql: ReturnType<typeof preparer>;
  readonly #writes: Writes;

  constructor(database: DatabaseSync, writes: Writes) {
    this.#sql = preparer(database);
    this.#writes = writes;
  }

  add(functionId: string, invocationId: string, { timestamp, level, message }: LogEntry): void {
    const insert = this.#sql(
      "INSERT INTO logs (function_id, invocation_id, timestamp, level, message) VALUES (?, ?, ?, ?, ?)",
    );
    this.#writes.add(() => insert.run(functionId, invocationId, timestamp, level, message));
  }

  /** The newest first. */
  read(query: LogsQuery): ({ log_source_id: string; instance_id: string } & LogEntry)[] {
    this.#writes.flush();
    const { functionId, limit, after, before, levels, search, instanceId } = query;
    const conditions: [string, string[]][] = [["function_id = ?", [functionId]]];
    if (instanceId !== undefined) conditions.push(["invocation_id = ?", [instanceId]]);
    if (after !== undefined) conditions.push(["timestamp > ?", [after]]);
    if (before !== undefined) conditions.push(["timestamp < ?", [before]]);
    if (levels !== undefined) conditions.push([`level IN (${levels.map(() => "?").join()})`, levels]);
    if (search !== undefined) conditions.push(["message LIKE ?", [`%${search}%`]]);
    const where = conditions.map(([text]) => text).join(" AND ");
    return this.#sql(`SELECT * FROM logs WHERE ${where} ORDER BY timestamp DESC, row DESC LIMIT ?`)
      .all(...conditions.flatMap(([, values]) => values), limit)
      .map((row) => ({
        log_source_id: String(row.function_id),
        instance_id: String(row.invocation_id),
        ...entryOf(row),
      }));
  }

  /** Of one run, in order. */
  ofInvocation(id: string): LogEntry[] {
    return this.#sql("SELECT * FROM logs WHERE invocation_id = ? ORDER BY timestamp, row")
      .all(id)
      .map(entryOf);
  }
}

function entryOf(row: Record<string, unknown>): LogEntry {
  const level = String(row.level) as LogEntry["level"]; // as `add` wrote it
  return { timestamp: String(row.timestamp), level, message: String(row.message) };
}
