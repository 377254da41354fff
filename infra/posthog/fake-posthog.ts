import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { InputSchemaItem } from "./hog-functions.ts";

/**
 * For tests of this room, `wire` and `provider`: the few answers of PostHog that they need, written from the contract
 * and sharing nothing with the sandbox, so that a wrong belief about the API does not hide in both.
 */
export type FakePostHog = {
  url: string;
  rows: Map<string, Row>;
  /** `POST hog_functions/` and the like, in order. */
  requests: string[];
  /** Consulted before each answer: a fault to show, or nothing. */
  fault: (request: string) => Fault | undefined;
  /** How long, in milliseconds, before a request is carried out. */
  delay: (request: string) => number;
  template: typeof webhookTemplate;
  close(): Promise<void>;
};

type Json = Record<string, unknown>;
export type Row = Json & { id: string; deleted: boolean; secrets: Json };
/** `after`: what was asked is done, and then not said. */
export type Fault = {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
  cut?: true;
  after?: true;
};

/** Contract §2.2. */
export const webhookTemplate = {
  id: "template-webhook",
  code: "let res := fetch(inputs.url, {'method': inputs.method, 'headers': inputs.headers, 'body': inputs.body})",
  icon_url: "/static/services/webhook.svg",
  inputs_schema: [
    { key: "url", type: "string", label: "Webhook URL", secret: false, required: true },
    { key: "method", type: "choice", label: "Method", secret: false, required: false, default: "POST" },
    {
      key: "body",
      type: "json",
      label: "JSON Body",
      secret: false,
      required: false,
      default: { event: "{event}" },
    },
    { key: "headers", type: "dictionary", label: "Headers", secret: false, required: false },
    { key: "signing_secret", type: "string", label: "Signing secret", secret: true, required: false },
    { key: "debug", type: "boolean", label: "Log responses", secret: false, required: false, default: false },
  ] satisfies InputSchemaItem[] as InputSchemaItem[], // items differ in their keys
};

export async function startFakePostHog(apiKey = "phx_test"): Promise<FakePostHog> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const fake: FakePostHog = {
    url: `http://127.0.0.1:${address.port}`,
    rows: new Map(),
    requests: [],
    fault: () => undefined,
    delay: () => 0,
    template: webhookTemplate,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", fake.url);
    const path = url.pathname.replace(/^\/api\/projects\/[^/]+\//, "");
    const said = `${request.method} ${path}`;
    fake.requests.push(said);
    const sent = await text(request);
    const body: Json = sent === "" ? {} : JSON.parse(sent);
    await sleep(fake.delay(said));
    const fault = fake.fault(said);
    const result =
      fault && !fault.after
        ? { status: fault.status ?? 500, body: fault.body }
        : route(request, url, path, body);
    if (fault?.cut) {
      request.socket.destroy();
      return;
    }
    const shown = fault ? { status: fault.status ?? 500, body: fault.body ?? serverError } : result;
    response.writeHead(shown.status, { "Content-Type": "application/json", ...fault?.headers });
    response.end(typeof shown.body === "string" ? shown.body : JSON.stringify(shown.body));
  }

  function route(
    request: IncomingMessage,
    url: URL,
    path: string,
    body: Json,
  ): { status: number; body: unknown } {
    if (request.headers.authorization !== `Bearer ${apiKey}`) {
      return failure(
        401,
        "authentication_failed",
        "Personal API key found in request Authorization header is invalid.",
      );
    }
    if (!url.pathname.startsWith("/api/projects/1/")) return failure(404, "not_found", "Project not found.");
    const [collection, id] = path.split("/");
    if (collection === "hog_function_templates") {
      return id === fake.template.id
        ? { status: 200, body: fake.template }
        : failure(404, "not_found", "Not found.");
    }
    const row = fake.rows.get(id ?? "");
    if (request.method === "POST") {
      const created = store(body);
      fake.rows.set(created.id, created);
      return { status: 201, body: readBack(created) };
    }
    if (!id) return { status: 200, body: page(url) };
    if (!row || row.deleted) return failure(404, "not_found", "Not found.");
    return { status: 200, body: readBack(request.method === "PATCH" ? save(row, body) : row) };
  }

  function page(url: URL) {
    const all = [...fake.rows.values()].filter((row) => !row.deleted).map(readBack);
    const limit = Number(url.searchParams.get("limit") ?? 100);
    const offset = Number(url.searchParams.get("offset") ?? 0);
    // As behind a proxy: another host than the one that was asked.
    const next = `http://internal.invalid${url.pathname}?limit=${limit}&offset=${offset + limit}`;
    return {
      count: all.length,
      next: offset + limit < all.length ? next : null,
      previous: null,
      results: all.slice(offset, offset + limit),
    };
  }
}

const serverError = { type: "server_error", code: "error", detail: "A server error occurred.", attr: null };

function failure(status: number, code: string, detail: string) {
  return { status, body: { type: "invalid_request", code, detail, attr: null } };
}

/** A new row, as a POST makes it. */
export function store(body: Json): Row {
  return save(
    { id: crypto.randomUUID(), type: "destination", deleted: false, secrets: {}, version: 0 },
    body,
  );
}

/** Contract §1.5–1.8: trims, drops what the schema does not name, keeps secrets apart. */
function save(row: Row, body: Json): Row {
  Object.assign(row, body, { version: Number(row.version) + 1 });
  for (const key of ["name", "description", "hog"]) row[key] = String(row[key] ?? "").trim();
  row.mappings = body.mappings ?? null;
  const schema = row.inputs_schema as Json[];
  row.inputs_schema = schema.map((item) => ({ required: false, secret: false, hidden: false, ...item }));
  const given = row.inputs as Record<string, Json | null>;
  const inputs: Record<string, unknown> = {};
  const secrets: Json = {};
  for (const { key, secret } of schema as { key: string; secret?: boolean }[]) {
    if (secret) secrets[key] = given[key]?.value !== undefined ? given[key] : row.secrets[key];
    else inputs[key] = given[key] ?? null;
  }
  row.inputs = inputs;
  row.secrets = secrets;
  const filters = { source: "events", ...(row.filters as Json) };
  row.filters = pick(filters, [
    "source",
    "events",
    "actions",
    "properties",
    "filter_test_accounts",
    "data_warehouse",
  ]);
  return row;
}

/** Contract §1.4, §1.7: derived fields appear, secrets do not. */
export function readBack(row: Row): Json {
  const { deleted: _deleted, template_id: _template, secrets, ...shown } = row;
  const inputs: Json = {};
  for (const [key, input] of Object.entries(row.inputs as Record<string, Json | null>)) {
    inputs[key] = input && { ...input, bytecode: ["_H", 1, 32, "x"], order: 0 };
  }
  for (const [key, secret] of Object.entries(secrets)) if (secret) inputs[key] = { secret: true };
  return {
    ...shown,
    inputs,
    filters: { ...(row.filters as Json), bytecode: ["_H", 1, 29] },
    template: webhookTemplate,
    status: { state: 1, tokens: 10_000 },
    created_at: "2026-01-01T00:00:00Z",
    updated_at: new Date().toISOString(),
    execution_order: null,
    draft: null,
  };
}

function pick(object: Json, keys: string[]): Json {
  return Object.fromEntries(Object.entries(object).filter(([key]) => keys.includes(key)));
}
