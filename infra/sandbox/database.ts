import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";

/** Opens `sandbox.sqlite` in the folder `data`, or a database in memory for ":memory:". */
export function openDatabase(data: string): DatabaseSync {
  const database = new DatabaseSync(data === ":memory:" ? data : privateFile(data));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;");
  database.exec(schema);
  migrate(database);
  return database;
}

/** For its owner alone, as it holds secret inputs; SQLite gives the files beside it the same mode. */
function privateFile(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "sandbox.sqlite");
  closeSync(openSync(file, "a", 0o600));
  return file;
}

/** Runs `work` in one transaction; what it throws rolls back. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

/** Prepares each text once. */
export function preparer(database: DatabaseSync): (sql: string) => StatementSync {
  const known = new Map<string, StatementSync>();
  return (sql) => {
    const statement = known.get(sql) ?? database.prepare(sql);
    known.set(sql, statement);
    return statement;
  };
}

/** A folder of an older sandbox goes on: SQLite itself keeps how many of the changes it has seen. */
function migrate(database: DatabaseSync): void {
  const seen = Number(database.prepare("PRAGMA user_version").get()?.user_version);
  if (seen === changes.length) return;
  transaction(database, () => {
    database.exec(`${changes.slice(seen).join("\n")} PRAGMA user_version = ${changes.length};`);
  });
}

/** As the first release made it. */
export const schema = `
-- JSON columns hold what the API reads back; secret inputs live apart and never leave (contract §1.7)
CREATE TABLE IF NOT EXISTS hog_functions (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  name TEXT,
  description TEXT,
  enabled INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  hog TEXT NOT NULL,
  bytecode TEXT NOT NULL,
  inputs_schema TEXT NOT NULL,
  inputs TEXT NOT NULL,
  secret_inputs TEXT NOT NULL,
  filters TEXT NOT NULL,
  masking TEXT NOT NULL,
  mappings TEXT NOT NULL,
  icon_url TEXT,
  template_id TEXT,
  execution_order INTEGER,
  version INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
-- AUTOINCREMENT: the id of an action that is gone is never another's
CREATE TABLE IF NOT EXISTS actions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT,
  description TEXT NOT NULL,
  tags TEXT NOT NULL,
  post_to_slack INTEGER NOT NULL,
  slack_message_format TEXT NOT NULL,
  steps TEXT NOT NULL,
  deleted INTEGER NOT NULL,
  pinned_at TEXT,
  created_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS events (
  row INTEGER PRIMARY KEY,
  uuid TEXT NOT NULL,
  event TEXT NOT NULL,
  distinct_id TEXT NOT NULL,
  properties TEXT NOT NULL,
  timestamp TEXT NOT NULL,
  captured_at TEXT NOT NULL,
  matched INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS events_uuid ON events (uuid);
CREATE INDEX IF NOT EXISTS events_unmatched ON events (row) WHERE matched = 0;
CREATE TABLE IF NOT EXISTS persons (id TEXT PRIMARY KEY, properties TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS distinct_ids (distinct_id TEXT PRIMARY KEY, person_id TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS group_types (name TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS groups (
  type TEXT NOT NULL, key TEXT NOT NULL, properties TEXT NOT NULL, PRIMARY KEY (type, key)
) STRICT;
-- one row for each function an event was held against; globals only while it is queued
CREATE TABLE IF NOT EXISTS invocations (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  event_uuid TEXT NOT NULL,
  function_id TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  globals TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS invocations_event ON invocations (event_uuid);
CREATE INDEX IF NOT EXISTS invocations_queued ON invocations (row) WHERE state = 'queued';
CREATE TABLE IF NOT EXISTS deliveries (
  row INTEGER PRIMARY KEY,
  invocation_id TEXT NOT NULL,
  webhook_id TEXT,
  state TEXT NOT NULL,
  attempts TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS deliveries_invocation ON deliveries (invocation_id);
CREATE TABLE IF NOT EXISTS logs (
  row INTEGER PRIMARY KEY,
  function_id TEXT NOT NULL,
  invocation_id TEXT NOT NULL,
  timestamp TEXT NOT NULL,
  level TEXT NOT NULL,
  message TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS logs_invocation ON logs (invocation_id);
CREATE TABLE IF NOT EXISTS metrics (
  function_id TEXT NOT NULL, name TEXT NOT NULL, hour TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (function_id, name, hour)
) STRICT;
CREATE TABLE IF NOT EXISTS masks (
  function_id TEXT NOT NULL, hash TEXT NOT NULL, count INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  PRIMARY KEY (function_id, hash)
) STRICT;
`;

// What came after the first release; only ever added to.
const changes = [
  `ALTER TABLE events ADD COLUMN elements_chain TEXT NOT NULL DEFAULT '';
   -- JSON that only an internal event brings along
   ALTER TABLE events ADD COLUMN internal TEXT;`,
  `-- JSON: the person and the groups that an event had when it was matched, so that its trace can tell which condition said no
   ALTER TABLE events ADD COLUMN context TEXT;
   -- JSON: what was sent last, without secrets
   ALTER TABLE deliveries ADD COLUMN request TEXT NOT NULL DEFAULT 'null';`,
  `ALTER TABLE hog_functions ADD COLUMN created_by TEXT NOT NULL DEFAULT 'null';
   ALTER TABLE actions ADD COLUMN created_by TEXT NOT NULL DEFAULT 'null';`,
  `CREATE TABLE app_metrics (
     function_id TEXT NOT NULL, name TEXT NOT NULL, minute INTEGER NOT NULL, count INTEGER NOT NULL,
     PRIMARY KEY (function_id, minute, name)
   ) STRICT, WITHOUT ROWID;
   INSERT INTO app_metrics SELECT function_id, name, unixepoch(hour), count FROM metrics;
   DROP TABLE metrics;
   CREATE INDEX logs_function ON logs (function_id, row);
   -- the filters that events were held against; a function's own, or (part) those of its nth mapping
   CREATE TABLE filter_versions (
     id INTEGER PRIMARY KEY, function_id TEXT NOT NULL, part INTEGER, filters TEXT NOT NULL
   ) STRICT;
   CREATE INDEX filter_versions_function ON filter_versions (function_id);
   -- JSON: the ids of those that said no; an event is filtered by most functions, so it is no row each
   ALTER TABLE events ADD COLUMN filtered TEXT;
   -- when it matched, how often it was run, and what kind of error ended it, as in PostHog's \`hog_invocation_results\`
   ALTER TABLE invocations ADD COLUMN scheduled_at TEXT;
   ALTER TABLE invocations ADD COLUMN runs INTEGER NOT NULL DEFAULT 1;
   ALTER TABLE invocations ADD COLUMN error_kind TEXT;
   CREATE TABLE watched_functions (
     function_id TEXT PRIMARY KEY, tokens INTEGER NOT NULL, at INTEGER NOT NULL,
     state INTEGER NOT NULL, locked_until INTEGER NOT NULL
   ) STRICT;`,
  `-- a person is as old as its first event
   ALTER TABLE persons ADD COLUMN created_at TEXT NOT NULL DEFAULT '1970-01-01T00:00:00.000Z';
   UPDATE persons SET created_at = firsts.time FROM (
     SELECT person_id, min(timestamp) AS time FROM events JOIN distinct_ids USING (distinct_id) GROUP BY person_id
   ) AS firsts WHERE firsts.person_id = persons.id;
   CREATE INDEX events_by_time ON events (timestamp);`,
  `CREATE TABLE project_settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;`,
  `CREATE TABLE activity_log (
     row INTEGER PRIMARY KEY, scope TEXT NOT NULL, item_id TEXT NOT NULL, entry TEXT NOT NULL
   ) STRICT;
   CREATE INDEX activity_log_item ON activity_log (scope, item_id);`,
  `-- details: JSON of what somebody says of an event, or null; forgotten: the last capture that counts no more
   CREATE TABLE event_definitions (name TEXT PRIMARY KEY, details TEXT, forgotten INTEGER NOT NULL) STRICT;`,
];
