/**
 * For tests: what PostHog stores of a hog function or an action and reads back, written from the contract and sharing
 * nothing with the sandbox, so that a wrong belief about the API does not hide in both.
 */
export type Json = Record<string, unknown>;
export type Row = Json & { id: string; deleted: boolean; secrets: Json };
export type ActionRow = Json & { id: number; deleted: boolean };

/** A new hog function, as a POST makes it. */
export function store(body: Json): Row {
  const id = crypto.randomUUID();
  return save({ id, type: "destination", template_id: null, deleted: false, secrets: {}, version: 0 }, body);
}

/** Contract §1.5–1.8: trims, drops what the schema does not name, keeps secrets apart. */
export function save(row: Row, body: Json): Row {
  Object.assign(row, body, { version: Number(row.version) + 1, updated_at: new Date().toISOString() });
  for (const key of ["name", "description", "hog"]) row[key] = trimmed(row[key] ?? "");
  row.mappings = body.mappings ?? null;
  row.inputs_schema = (row.inputs_schema as Json[]).map((item) => ({
    required: false,
    secret: false,
    hidden: false,
    ...item,
    ...(item.label !== undefined && { label: trimmed(item.label) }),
  }));
  const given = row.inputs as Record<string, Json | null>;
  const inputs: Json = {};
  const secrets: Json = {};
  for (const item of row.inputs_schema as (Json & { key: string })[]) {
    const input = withTemplating(item, own(given, item.key) ?? defaultOf(item));
    if (item.secret) secrets[item.key] = input?.value !== undefined ? input : own(row.secrets, item.key);
    else inputs[item.key] = input;
  }
  row.inputs = inputs;
  row.secrets = secrets;
  row.filters = saveFilters(row);
  if (row.masking) row.masking = { ...(row.masking as Json), hash: trimmed((row.masking as Json).hash) };
  return row;
}

/** Contract §1.4, §1.7: derived fields appear, secrets do not. */
export function readBack(row: Row): Json {
  const { deleted: _deleted, template_id, secrets, ...shown } = row;
  const inputs: Json = {};
  for (const [key, input] of Object.entries(row.inputs as Record<string, Json | null>)) {
    inputs[key] = input && { ...input, bytecode: ["_H", 1, 32, "x"], order: 0 };
  }
  for (const [key, secret] of Object.entries(secrets)) if (secret) inputs[key] = { secret: true };
  return {
    ...shown,
    inputs,
    filters: { ...(row.filters as Json), bytecode: ["_H", 1, 29] },
    masking: row.masking ? { ...(row.masking as Json), bytecode: ["_H", 1, 29] } : null,
    template: template_id ? { id: template_id, name: "A template" } : null,
    status: { state: 1, tokens: 10_000 },
    created_at: "2026-01-01T00:00:00Z",
    execution_order: null,
    draft: null,
  };
}

const noStep: Json = {
  event: null,
  properties: null,
  selector: null,
  tag_name: null,
  text: null,
  text_matching: null,
  href: null,
  href_matching: null,
  url: null,
  url_matching: "contains",
};

/** Contract §6.1: every key of a step is stored, as `null` when it was not given. */
export function saveAction(row: ActionRow, body: Json): ActionRow {
  Object.assign(row, body);
  for (const key of ["name", "description"]) row[key] = trimmed(row[key] ?? "");
  row.steps = ((row.steps ?? []) as Json[]).map((step) => ({
    ...noStep,
    ...step,
    ...(typeof step.url === "string" && { url: trimmed(step.url) }),
    ...(typeof step.selector === "string" && { selector: trimmed(step.selector) }),
  }));
  return row;
}

export function readBackAction(row: ActionRow): Json {
  const steps = (row.steps as Json[]).map((step) => ({
    ...step,
    selector_regex: step.selector ? "x" : null,
  }));
  return { ...row, steps, tags: [], post_to_slack: false, is_action: true, bytecode_error: null };
}

/** Contract §1.8: the source decides which lists count, and the function's type the source. */
function saveFilters({ filters, type }: Row): Json {
  const { source = "events", ...given } = (filters ?? {}) as Json;
  const lists = ["events", "actions", "data_warehouse"].filter(
    (key) => source !== "person-updates" && !(source === "events" && key === "data_warehouse"),
  );
  const kept = Object.entries(given).filter(([key]) =>
    [...lists, "properties", "filter_test_accounts"].includes(key),
  );
  return {
    source: type === "internal_destination" ? "internal-events" : source,
    ...Object.fromEntries(kept),
  };
}

/** Only of a required input; one whose default is empty PostHog refuses, which nothing here does. */
function defaultOf({ required, default: value }: Json): Json | null {
  return required && value !== undefined && value !== null && value !== "" ? { value } : null;
}

function withTemplating(item: Json, input: Json | null): Json | null {
  if (!input || !item.templating) return input;
  return { ...input, templating: item.templating === true ? "hog" : item.templating };
}

/** An input may be called `constructor`. */
function own<Value>(object: Record<string, Value>, key: string): Value | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function trimmed(text: unknown): string {
  return String(text).trim();
}
