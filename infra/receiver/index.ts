import { accepted, refusal } from "./answer.ts";
import { type Handler, resolveSettings } from "./define-handler.ts";
import type { Inbox } from "./inbox.ts";
import { readBody } from "./limit-size.ts";
import { describeError, type Log } from "./log.ts";
import { parseBody } from "./parse.ts";
import { signingSecret } from "./signing-secret.ts";
import { verifySignature } from "./verify.ts";
import { createWorker, type ReadyHandler } from "./worker.ts";

/** An event of 1 MB, PostHog's most, and the person it carries along. */
const sizeLimit = 2 * 1024 * 1024;

export type ReceiverOptions = {
  /** Destination slug → names of its handlers. */
  routes: Record<string, string[]>;
  handlers: Record<string, Handler>;
  /** The stack's values that handlers ask for, secrets included. */
  settings: Record<string, unknown>;
  signing: { key: string; generation: number };
  inbox: Inbox;
  log: Log;
  /** Told back by `/readyz`. */
  version?: string;
  now?: () => number;
  random?: () => number;
};

export type Receiver = {
  fetch(request: Request): Promise<Response>;
  /** Begins to handle what is stored. */
  start(): void;
  /** Takes no more deliveries to handle, gives running handlers so many milliseconds, then aborts them. */
  stop(deadline: number): Promise<void>;
};

/** What is wrong with the configuration, all of it at once; one sentence each. */
export class ConfigurationError extends Error {
  override name = "ConfigurationError";
  readonly problems: string[];

  constructor(problems: string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/**
 * The receiver: `POST /d/<slug>` is a delivery, `GET /livez`, `GET /readyz`. Answers 2xx only after the delivery is
 * committed (design §5, law 2). Throws a ConfigurationError when a handler lacks a secret or setting.
 */
export function createReceiver(options: ReceiverOptions): Receiver {
  const { routes, signing, inbox, version, now = Date.now, random = Math.random } = options;
  const handlers = readyHandlers(options);
  const secrets = new Map(Object.keys(routes).map((slug) => [slug, acceptedSecrets(signing, slug)]));
  const log = options.log.with({}, [
    signing.key,
    ...[...secrets.values()].flat(),
    ...handlers.flatMap((handler) => Object.values(handler.secrets)),
  ]);
  const worker = createWorker({ inbox, handlers, log, now, random });

  return {
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const slug = /^\/d\/([^/]+)$/.exec(pathname)?.[1];
      if (slug !== undefined) return allowOnly("POST", request) ?? receive(slug, request);
      if (pathname === "/livez") return allowOnly("GET", request) ?? Response.json({ live: true });
      if (pathname === "/readyz") return allowOnly("GET", request) ?? ready();
      return refusal(404, "There is nothing here: deliveries go to POST /d/<destination>.");
    },
    start: worker.start,
    stop: worker.stop,
  };

  async function receive(slug: string, request: Request): Promise<Response> {
    const slugSecrets = secrets.get(slug);
    if (!slugSecrets) {
      return refuse(404, "No destination has this path: the receiver knows those of the last pulumi up.");
    }
    const raw = await readBody(request, sizeLimit).catch(() => undefined);
    if (!raw) return refuse(400, "The body ended before it was complete.", slug);
    if (raw === "too large") return refuse(413, `The body is larger than ${sizeLimit} bytes.`, slug);
    const verified = verifySignature(request.headers, raw, slugSecrets, now());
    if (!verified.ok) return refuse(401, verified.reason, slug);
    const body = parseBody(raw);
    if (!body) {
      return refuse(
        400,
        'The body is not the JSON that the body preset "event" sends: give the destination `handlers`.',
        slug,
      );
    }
    const { id, timestamp } = verified;
    const { uuid, event } = body.event;
    const about = { delivery: id, destination: slug, event, uuid };
    try {
      const state = await inbox.store({
        id,
        destination: slug,
        uuid,
        event,
        sentAt: timestamp * 1000,
        receivedAt: now(),
        body: new TextDecoder().decode(raw),
        handlers: routes[slug] ?? [],
      });
      log.info(`delivery ${state}`, about);
      worker.wake();
      return accepted(id, state);
    } catch (error) {
      log.error("cannot store", { ...about, error: describeError(error, log) });
      return refusal(
        503,
        "The delivery could not be stored: look at the receiver's log and its disk, and send it again.",
      );
    }
  }

  async function ready(): Promise<Response> {
    try {
      await inbox.ready();
      return Response.json({ ready: true, version });
    } catch (error) {
      log.error("not ready", { error: describeError(error, log) });
      return refusal(503, "The inbox cannot commit: look at the receiver's log and its disk.");
    }
  }

  /** Logs the destination only when it is one of ours: a stranger's path may hold anything. */
  function refuse(status: number, reason: string, destination?: string): Response {
    log.warn("refused", { status, reason, destination });
    // The rest of a body that is too large is not worth reading.
    return refusal(status, reason, status === 413 ? { connection: "close" } : {});
  }
}

function allowOnly(method: string, request: Request): Response | undefined {
  if (request.method === method) return undefined;
  return refusal(405, `Use ${method} here.`, { allow: method });
}

/** Of this generation and the one before, so that neither end has to change first (design §4, Keys). */
function acceptedSecrets({ key, generation }: ReceiverOptions["signing"], slug: string): string[] {
  const generations = generation > 1 ? [generation, generation - 1] : [generation];
  return generations.map((one) => signingSecret(key, slug, one));
}

function readyHandlers({ routes, handlers, settings }: ReceiverOptions): ReadyHandler[] {
  const problems: string[] = [];
  const ready: ReadyHandler[] = [];
  for (const name of new Set(Object.values(routes).flat())) {
    const handler = handlers[name];
    if (!handler) {
      problems.push(`Handler ${name} is named by a route, but was not given.`);
      continue;
    }
    const { problems: found, ...resolved } = resolveSettings(name, handler, settings);
    problems.push(...found);
    ready.push({ name, handler, ...resolved });
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return ready;
}
