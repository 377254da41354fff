import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { HogActionStep, HogProperty } from "../../hog/types.ts";
import type { Clock } from "../clock.ts";
import { sandboxUser, type User } from "../project/users.ts";

export type StepMatching = "contains" | "regex" | "exact";

/** A step as stored and read back: every key is there, null where nothing is asked (contract §6.1). */
export type ActionStep = {
  event: string | null;
  properties: HogProperty[] | null;
  selector: string | null;
  tag_name: string | null;
  text: string | null;
  text_matching: StepMatching | null;
  href: string | null;
  href_matching: StepMatching | null;
  url: string | null;
  url_matching: StepMatching | null;
};

/** What a write decides. */
export type ActionConfig = {
  name: string | null;
  description: string;
  tags: string[];
  post_to_slack: boolean;
  slack_message_format: string;
  steps: ActionStep[];
  deleted: boolean;
  pinned_at: string | null;
};

export type Action = ActionConfig & { id: number; created_at: string; created_by: User | null };

const columns = [
  "name",
  "description",
  "tags",
  "post_to_slack",
  "slack_message_format",
  "steps",
  "deleted",
  "pinned_at",
] as const satisfies (keyof ActionConfig)[];

/** The actions of the project. */
export class Actions {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  create(config: ActionConfig, created_by: User | null = sandboxUser): Action {
    const created_at = new Date(this.#clock.now()).toISOString();
    const { lastInsertRowid } = this.#database
      .prepare(
        `INSERT INTO actions (${columns.join()}, created_at, created_by)
         VALUES (${columns.map(() => "?").join()}, ?, ?)`,
      )
      .run(...toColumns(config), created_at, JSON.stringify(created_by));
    return { ...config, id: Number(lastInsertRowid), created_at, created_by };
  }

  update(stored: Action, config: ActionConfig): Action {
    this.#database
      .prepare(`UPDATE actions SET ${columns.map((column) => `${column} = ?`).join()} WHERE id = ?`)
      .run(...toColumns(config), stored.id);
    return { ...stored, ...config };
  }

  /** Also finds a deleted one (contract §6.1). */
  get(id: number): Action | undefined {
    const row = this.#database.prepare("SELECT * FROM actions WHERE id = ?").get(id);
    return row && fromRow(row);
  }

  /** Those that are not deleted, the newest first. */
  list(): Action[] {
    return this.#database
      .prepare("SELECT * FROM actions WHERE deleted = 0 ORDER BY created_at DESC, name")
      .all()
      .map(fromRow);
  }

  /** The id of another action that has this name and is not deleted. */
  holderOf(name: string | null, exceptId: number | undefined): number | undefined {
    const row = this.#database
      .prepare("SELECT id FROM actions WHERE name IS ? AND deleted = 0 AND id IS NOT ? LIMIT 1")
      .get(name, exceptId ?? null);
    return row && Number(row.id);
  }

  /** For the compiler, deleted ones too: PostHog's looks at no `deleted` (`posthog/cdp/filters.py`). */
  steps(): Map<string, HogActionStep[]> {
    const rows = this.#database.prepare("SELECT id, steps FROM actions").all();
    return new Map(rows.map((row) => [String(row.id), JSON.parse(String(row.steps))]));
  }
}

function toColumns(config: ActionConfig): SQLInputValue[] {
  return columns.map((column) => {
    const value = config[column];
    if (typeof value === "object" && value !== null) return JSON.stringify(value);
    return typeof value === "boolean" ? Number(value) : value;
  });
}

function fromRow(row: Record<string, unknown>): Action {
  return {
    id: Number(row.id),
    name: row.name === null ? null : String(row.name),
    description: String(row.description),
    tags: JSON.parse(String(row.tags)),
    post_to_slack: row.post_to_slack === 1,
    slack_message_format: String(row.slack_message_format),
    steps: JSON.parse(String(row.steps)),
    deleted: row.deleted === 1,
    pinned_at: row.pinned_at === null ? null : String(row.pinned_at),
    created_at: String(row.created_at),
    created_by: JSON.parse(String(row.created_by)),
  };
}
