import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type ActionRow,
  type Json,
  type Row,
  readBack,
  readBackAction,
  save,
  saveAction,
  store,
} from "./fake-rows.ts";
import { crmTemplate, type FakeTemplate, slackTemplate, webhookTemplate } from "./fake-templates.ts";

/** For tests of this room, `wire` and `provider`: the few answers of PostHog that they need. */
export type FakePostHog = {
  url: string;
  /** The hog functions. */
  rows: Map<string, Row>;
  /** Deleted ones too. */
  actions: Map<number, ActionRow>;
  templates: Map<string, FakeTemplate>;
  /** Each has the number that is its place here. */
  groupTypes: string[];
  /** `POST hog_functions/` and the like, in order. */
  requests: string[];
  /** Consulted before each answer: a fault to show, or nothing. */
  fault: (request: string) => Fault | undefined;
  /** How long, in milliseconds, before a request is carried out. */
  delay: (request: string) => number;
  close(): Promise<void>;
};

/** `after`: what was asked is done, and then not said. */
export type Fault = {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
  cut?: true;
  after?: true;
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
    actions: new Map(),
    templates: new Map(
      [webhookTemplate, slackTemplate, crmTemplate].map((template) => [template.id, template]),
    ),
    groupTypes: [],
    requests: [],
    fault: () => undefined,
    delay: () => 0,
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

  function route(request: IncomingMessage, url: URL, path: string, body: Json): Answer {
    if (request.headers.authorization !== `Bearer ${apiKey}`) {
      return failure(
        401,
        "authentication_failed",
        "Personal API key found in request Authorization header is invalid.",
      );
    }
    if (!url.pathname.startsWith("/api/projects/1/")) return failure(404, "not_found", "Project not found.");
    const [collection, id = ""] = path.split("/");
    switch (collection) {
      case "hog_functions":
        return hogFunctions(request.method, id, body, url);
      case "actions":
        return actions(request.method, id, body);
      case "hog_function_templates": {
        const template = fake.templates.get(id);
        return template ? { status: 200, body: template } : failure(404, "not_found", "Not found.");
      }
      case "groups_types":
        return {
          status: 200,
          body: fake.groupTypes.map((group_type, group_type_index) => ({ group_type, group_type_index })),
        };
      default:
        return failure(404, "not_found", "Endpoint not found.");
    }
  }

  function hogFunctions(method: string | undefined, id: string, body: Json, url: URL): Answer {
    if (method === "POST") {
      const created = store(body);
      fake.rows.set(created.id, created);
      return { status: 201, body: readBack(created) };
    }
    if (id === "") return { status: 200, body: page(url) };
    const row = fake.rows.get(id);
    if (!row || row.deleted) return failure(404, "not_found", "Not found.");
    return { status: 200, body: readBack(method === "PATCH" ? save(row, body) : row) };
  }

  /** Contract §6.1: no pages, a name only once, and a deleted one is still answered. */
  function actions(method: string | undefined, id: string, body: Json): Answer {
    const living = [...fake.actions.values()].filter((row) => !row.deleted);
    if (method === "GET" && id === "") return { status: 200, body: { results: living.map(readBackAction) } };
    const row = method === "POST" ? undefined : fake.actions.get(Number(id));
    if (method !== "POST" && !row) return failure(404, "not_found", "Not found.");
    if (row && method === "GET") return { status: 200, body: readBackAction(row) };
    const namesake = living.find((other) => other !== row && other.name === String(body.name).trim());
    if (namesake) {
      const detail = `This project already has an action with this name, ID ${namesake.id}`;
      return { status: 400, body: { type: "validation_error", code: "unique", detail, attr: "name" } };
    }
    const written = saveAction(row ?? { id: fake.actions.size + 1, deleted: false }, body);
    fake.actions.set(written.id, written);
    return { status: row ? 200 : 201, body: readBackAction(written) };
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

type Answer = { status: number; body: unknown };

const serverError = { type: "server_error", code: "error", detail: "A server error occurred.", attr: null };

function failure(status: number, code: string, detail: string) {
  return { status, body: { type: "invalid_request", code, detail, attr: null } };
}
