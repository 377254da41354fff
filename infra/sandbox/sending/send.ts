import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  Agent as PlainAgent,
  request as plainRequest,
} from "node:http";
import { request as secureRequest, Agent as TlsAgent } from "node:https";

export type OutgoingRequest = {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | undefined;
};

/** Names in lower case; values of the same name joined. */
export type IncomingResponse = { status: number; headers: Record<string, string>; text: string };

/** Rejects with a code `ERR_…` when the request cannot even be built, otherwise with the network's error or the abort. */
export type Sends = {
  send(outgoing: OutgoingRequest, signal: AbortSignal): Promise<IncomingResponse>;
};

const connections = { keepAlive: true, timeout: 10_000, maxSockets: 500 };

/**
 * Makes requests as PostHog's worker does: no redirect is followed, no user agent is sent, the headers are the given ones
 * and what HTTP itself needs, connections are kept for 10 s (contract §4.6). `node:http`, because `fetch` adds headers of
 * its own. Unless told otherwise it reaches this machine only: a rehearsal must not end in somebody's production.
 */
export class Sender implements Sends {
  readonly #sendsAnywhere: boolean;
  readonly #plain = new PlainAgent(connections);
  readonly #secure = new TlsAgent(connections);

  constructor(sendsAnywhere: boolean) {
    this.#sendsAnywhere = sendsAnywhere;
  }

  async send(outgoing: OutgoingRequest, signal: AbortSignal): Promise<IncomingResponse> {
    const url = new URL(outgoing.url);
    if (!this.#sendsAnywhere && !isLoopback(url.hostname)) throw new NotThisMachineError(url.host);
    const options = { method: outgoing.method, headers: outgoing.headers, signal };
    const request =
      url.protocol === "https:"
        ? secureRequest(url, { ...options, agent: this.#secure })
        : plainRequest(url, { ...options, agent: this.#plain });
    if (outgoing.body !== undefined && request.getHeader("content-length") === undefined) {
      request.setHeader("content-length", Buffer.byteLength(outgoing.body));
    }
    return new Promise((resolve, reject) => {
      request.once("error", reject);
      request.once("response", (response) => read(response).then(resolve, reject));
      request.end(outgoing.body);
    });
  }

  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }
}

/** A kept connection that the other side has closed, most often; PostHog tries such a request once more, at once. */
export function isBrokenConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? error.code : undefined;
  return code === "ECONNRESET" || code === "EPIPE" || error.message === "socket hang up";
}

function read(response: IncomingMessage): Promise<IncomingResponse> {
  return new Promise((resolve, reject) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      text += chunk;
    });
    response.once("error", (error) => {
      reject(response.headers["content-length"] === undefined ? error : new ContentLengthMismatchError());
    });
    response.once("end", () => {
      resolve({ status: response.statusCode ?? 0, headers: textHeaders(response.headers), text });
    });
  });
}

function textHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

class NotThisMachineError extends Error {
  override name = "NotThisMachineError";
  readonly code = "ERR_NOT_THIS_MACHINE";

  constructor(host: string) {
    super(`The sandbox sends to this machine only, not to ${host}, unless started with --send-anywhere`);
  }
}

/** The answer ended before its `Content-Length`: PostHog does not try again, as the request did arrive. */
class ContentLengthMismatchError extends Error {
  override name = "ResponseContentLengthMismatchError";
  readonly code = "ERR_CONTENT_LENGTH_MISMATCH";

  constructor() {
    super("The response body does not match the content-length header");
  }
}

function isLoopback(hostname: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
