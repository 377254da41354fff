import type { DatabaseSync } from "node:sqlite";
import { transaction } from "./database.ts";

/**
 * Writes that may wait until the end of this turn of the event loop: one transaction for all of them, as a commit costs
 * more than a row. A later write under the same key takes the place of the earlier one.
 */
export class Writes {
  readonly #database: DatabaseSync;
  #pending = new Map<unknown, () => void>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  add(write: () => void, key: unknown = write): void {
    if (this.#pending.size === 0) setImmediate(() => this.flush());
    this.#pending.set(key, write);
  }

  /** Before a read that must see them, and before the database closes. */
  flush(): void {
    if (this.#pending.size === 0) return;
    const writes = this.#pending;
    this.#pending = new Map();
    transaction(this.#database, () => {
      for (const write of writes.values()) write();
    });
  }
}
