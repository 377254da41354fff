import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { z } from "zod";
import { type Inbox, InboxError, type Job, type NewDelivery, type Outcome } from "./inbox.ts";

const schemaVersion = 1;
// `due_at`: when a handler may take it: at once, after a wait, or when its lease ends; null when settled for good.
const schema = `
  CREATE TABLE deliveries (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL, destination TEXT NOT NULL, uuid TEXT NOT NULL, event TEXT NOT NULL,
    sent_at INTEGER NOT NULL, received_at INTEGER NOT NULL, body TEXT NOT NULL,
    UNIQUE (destination, id), UNIQUE (destination, uuid)
  ) STRICT;
  CREATE INDEX deliveries_by_age ON deliveries (received_at);
  CREATE TABLE runs (
    delivery INTEGER NOT NULL REFERENCES deliveries ON DELETE CASCADE, handler TEXT NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL, due_at INTEGER, last_error TEXT, settled_at INTEGER,
    PRIMARY KEY (delivery, handler)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX runs_by_due ON runs (handler, due_at) WHERE due_at IS NOT NULL;
  CREATE TABLE probe (key INTEGER PRIMARY KEY, filling BLOB NOT NULL) STRICT;
  PRAGMA user_version = ${schemaVersion};
`;

const keyRow = z.object({ key: z.number() });
const handlerRow = z.object({ handler: z.string() });
const jobRow = z.object({
  key: z.number(),
  id: z.string(),
  destination: z.string(),
  uuid: z.string(),
  event: z.string(),
  receivedAt: z.number(),
  body: z.string(),
  attempt: z.number(),
});
const waitingRow = z.object({ handler: z.string(), count: z.number() });

type Write = { run: () => unknown; resolve: (value: never) => void; reject: (error: unknown) => void };

export function inboxFile(folder: string): string {
  return join(folder, "inbox.db");
}

/**
 * The inbox in one SQLite file, `inbox.db` in the folder, owned by one process; others may read it meanwhile.
 * All writes of one turn of the event loop share a transaction, so many deliveries cost one fsync.
 * Throws an InboxError when another process owns the file.
 */
export class SqliteInbox implements Inbox {
  readonly #lock: DatabaseSync;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #queue: Write[] = [];

  constructor(folder: string) {
    this.#lock = own(folder);
    this.#database = new DatabaseSync(inboxFile(folder), { timeout: 2_000 });
    try {
      this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
      this.#migrate();
      // The file is ours alone, so whatever runs was left behind by a process that is dead.
      this.#database.exec("UPDATE runs SET state = 'retrying', due_at = 0 WHERE state = 'running'");
    } catch (error) {
      this.#database.close();
      this.#lock.close();
      throw error;
    }
  }

  store(delivery: NewDelivery): Promise<"stored" | "repeated"> {
    const { id, destination, uuid, event, sentAt, receivedAt, body } = delivery;
    return this.#write(() => {
      const known = this.#sql(
        "SELECT key FROM deliveries WHERE destination = ? AND (id = ? OR uuid = ?)",
      ).get(destination, id, uuid);
      const { key } = keyRow.parse(
        known ??
          this.#sql(
            `INSERT INTO deliveries (id, destination, uuid, event, sent_at, received_at, body)
             VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING key`,
          ).get(id, destination, uuid, event, sentAt, receivedAt, body),
      );
      for (const handler of delivery.handlers) {
        this.#sql("INSERT OR IGNORE INTO runs VALUES (?, ?, 'stored', 0, ?, NULL, NULL)").run(
          key,
          handler,
          receivedAt,
        );
      }
      return known ? "repeated" : "stored";
    });
  }

  lease(request: { handler: string; limit: number; now: number; until: number }): Promise<Job[]> {
    const { handler, limit, now, until } = request;
    return this.#write(() => {
      const taken = this.#sql(
        `UPDATE runs SET state = 'running', attempts = attempts + 1, due_at = ?
         WHERE handler = ? AND delivery IN
           (SELECT delivery FROM runs WHERE handler = ? AND due_at <= ? ORDER BY due_at LIMIT ?)
         RETURNING delivery AS key`,
      ).all(until, handler, handler, now, limit);
      return taken.map((row) => {
        const job = this.#sql(
          `SELECT key, id, destination, uuid, event, received_at AS receivedAt, body, attempts AS attempt
           FROM deliveries JOIN runs ON delivery = key WHERE key = ? AND handler = ?`,
        ).get(keyRow.parse(row).key, handler);
        return { ...jobRow.parse(job), handler };
      });
    });
  }

  settle(job: Job, outcome: Outcome, now: number): Promise<void> {
    const dueAt = outcome.state === "retrying" ? outcome.dueAt : null;
    const error = outcome.state === "handled" ? null : outcome.error;
    const settledAt = outcome.state === "retrying" ? null : now;
    return this.#write(() => {
      this.#sql(
        `UPDATE runs SET state = ?, due_at = ?, last_error = ?, settled_at = ?
         WHERE delivery = ? AND handler = ? AND state = 'running' AND attempts = ?`,
      ).run(outcome.state, dueAt, error, settledAt, job.key, job.handler, job.attempt);
    });
  }

  replay(id: string, now: number): Promise<string[]> {
    return this.#write(() => replayDead(this.#database, id, now));
  }

  prune(before: number): Promise<number> {
    return this.#write(() =>
      Number(
        this.#sql(
          `DELETE FROM deliveries WHERE key IN
             (SELECT key FROM deliveries WHERE received_at < ?
              AND NOT EXISTS (SELECT 1 FROM runs WHERE delivery = key AND state <> 'handled') LIMIT 500)`,
        ).run(before).changes,
      ),
    );
  }

  async waiting(): Promise<Map<string, number>> {
    const rows = this.#sql(
      "SELECT handler, count(*) AS count FROM runs WHERE due_at IS NOT NULL GROUP BY handler",
    ).all();
    return new Map(rows.map((row) => waitingRow.parse(row)).map(({ handler, count }) => [handler, count]));
  }

  ready(): Promise<void> {
    return this.#write(() => {
      // As much as a large event, so that a disk that is nearly full says so before a delivery needs it.
      this.#sql("INSERT OR REPLACE INTO probe VALUES (1, randomblob(65536))").run();
    });
  }

  async close(): Promise<void> {
    this.#flush();
    this.#database.close();
    this.#lock.close();
  }

  #write<Value>(run: () => Value): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.#queue.length === 0) setImmediate(() => this.#flush());
      this.#queue.push({ run, resolve, reject });
    });
  }

  #flush(): void {
    const writes = this.#queue;
    this.#queue = [];
    if (writes.length === 0) return;
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      const values = writes.map((write) => write.run());
      this.#database.exec("COMMIT");
      for (const [index, write] of writes.entries()) write.resolve(values[index] as never); // as `#write` paired them
    } catch (error) {
      for (const write of writes) write.reject(error);
      // A full disk may already have ended the transaction.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
    }
  }

  #sql(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known) return known;
    const statement = this.#database.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }

  #migrate(): void {
    const { user_version: found } = z
      .object({ user_version: z.number() })
      .parse(this.#database.prepare("PRAGMA user_version").get());
    if (found === 0) this.#database.exec(`BEGIN; ${schema} COMMIT;`);
    else if (found !== schemaVersion) {
      throw new InboxError(
        `The inbox was written by another version of Hogwire (schema ${found}, this one reads ${schemaVersion}). ` +
          "Run that version, or give this one a new folder with HOGWIRE_DATA.",
      );
    }
  }
}

/** `Inbox.replay` on a file that somebody else may own: the worker of a running receiver takes them at its next look. */
export function replayDead(database: DatabaseSync, id: string, now: number): string[] {
  return database
    .prepare(
      `UPDATE runs SET state = 'stored', attempts = 0, due_at = ?, last_error = NULL, settled_at = NULL
       WHERE state = 'dead' AND delivery IN (SELECT key FROM deliveries WHERE id = ?) RETURNING handler`,
    )
    .all(now, id)
    .map((row) => handlerRow.parse(row).handler)
    .sort();
}

const sqliteBusy = 5; // https://sqlite.org/rescode.html

/** A lock that the operating system lets go of when its process dies, however it dies; `inbox.db` stays readable. */
function own(folder: string): DatabaseSync {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = new DatabaseSync(join(folder, "inbox.lock"));
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;");
    return lock;
  } catch (cause) {
    const busy = cause instanceof Error && "errcode" in cause && cause.errcode === sqliteBusy;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const what = busy
      ? "is used by another receiver: stop it first"
      : `cannot be opened (${reason}): mend that`;
    throw new InboxError(
      `The inbox ${inboxFile(folder)} ${what}, or name another folder with HOGWIRE_DATA.`,
      { cause },
    );
  }
}
