import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { onTestFinished } from "vitest";
import { type Handler, type HandlerContext, resolveSettings } from "./define-handler.ts";
import { createLog, type Log } from "./log.ts";
import { signingSecret } from "./signing-secret.ts";

/** What the tests of this room, and of handlers, share. */
export const signingKey = "a signing key of the tests";

export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "hogwire-receiver-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function memoryLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { log: createLog((line) => lines.push(line)), lines };
}

/** A body as PostHog sends it (contract §4.5). */
export function eventBody(uuid: string, event = "user_signed_up", email = "ada@example.com"): string {
  return JSON.stringify({
    event: {
      uuid,
      event,
      elements_chain: "",
      distinct_id: "user-123",
      properties: { plan: "pro" },
      timestamp: "2026-09-01T10:00:00.000Z",
      url: "",
    },
    person: { id: "person-1", properties: { email, name: "Ada" }, name: "Ada", url: "" },
  });
}

type Signing = { id: string; slug?: string; generation?: number; at?: number; key?: string };

/** Headers as PostHog sends them (contract §2.3), signed by the reference implementation. */
export function signedHeaders(
  body: string,
  { id, slug = "signups", generation = 1, at = Date.now(), key = signingKey }: Signing,
) {
  const seconds = Math.floor(at / 1000);
  return {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": new Webhook(signingSecret(key, slug, generation)).sign(
      id,
      new Date(seconds * 1000),
      body,
    ),
  };
}

export type Call = { method: string; path: string; headers: IncomingHttpHeaders; body: unknown };
export type Reply = { status: number; headers?: Record<string, string>; body?: unknown };

/** A partner's API over real HTTP: keeps every call and answers with `reply`; "hang" waits for `release`, and asks again then. */
export async function fakePartner(reply: (call: Call) => Reply | "hang") {
  const calls: Call[] = [];
  let released = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const call = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body: JSON.parse(text) as unknown,
    };
    calls.push(call);
    let answer = reply(call);
    while (answer === "hang") {
      await released.promise;
      answer = reply(call);
    }
    const json = typeof answer.body === "object";
    response.writeHead(answer.status, {
      "content-type": json ? "application/json" : "text/plain",
      ...answer.headers,
    });
    response.end(json ? JSON.stringify(answer.body) : String(answer.body ?? ""));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the fake does not listen");
  function release(): void {
    released.resolve();
    released = Promise.withResolvers();
  }
  return { url: `http://127.0.0.1:${address.port}`, calls, release };
}

/** HubSpot's answer to an upsert of one contact. */
export function contactSaved(email: string): Reply {
  const at = "2026-09-01T10:00:00.000Z";
  const contact = {
    id: "1",
    new: true,
    archived: false,
    createdAt: at,
    updatedAt: at,
    properties: { email },
  };
  return { status: 200, body: { status: "COMPLETE", startedAt: at, completedAt: at, results: [contact] } };
}

/** Runs a handler as the receiver would, once, without an inbox. */
export async function runHandler(
  handler: Handler,
  input: {
    event: string;
    person: HandlerContext["person"];
    settings: Record<string, unknown>;
    signal?: AbortSignal;
  },
): Promise<void> {
  const { secrets, config, problems } = resolveSettings("tested", handler, input.settings);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const uuid = "01920000-0000-7000-8000-000000000001";
  await handler.on[input.event]?.({
    event: {
      uuid,
      event: input.event,
      distinct_id: "user-123",
      properties: {},
      timestamp: "2026-09-01T10:00:00.000Z",
    },
    person: input.person,
    idempotencyKey: `tests/tested/${uuid}`,
    signal: input.signal ?? new AbortController().signal,
    secrets,
    config,
    log: memoryLog().log,
  });
}
