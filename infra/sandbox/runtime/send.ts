import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";

export type OutgoingRequest = {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | undefined;
};

/** Names in lower case; values of the same name joined. */
export type IncomingResponse = { status: number; headers: Record<string, string>; text: string };

/**
 * One request as PostHog's worker makes it: no redirect is followed, no user agent is sent, the headers are the given
 * ones and what HTTP itself needs (contract §4.6). `node:http`, because `fetch` adds headers of its own.
 * Unless told otherwise it reaches this machine only: a rehearsal must not end in somebody's production.
 * Rejects with a code `ERR_…` when the request cannot even be built, otherwise with the network's error or the abort.
 */
export async function send(
  outgoing: OutgoingRequest,
  sendsAnywhere: boolean,
  signal: AbortSignal,
): Promise<IncomingResponse> {
  const url = new URL(outgoing.url);
  if (!sendsAnywhere && !isLoopback(url.hostname)) throw new NotThisMachineError(url.host);
  const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
    method: outgoing.method,
    headers: outgoing.headers,
    agent: false,
    signal,
  });
  const length = request.getHeader("content-length");
  if (outgoing.body !== undefined && length === undefined) {
    request.setHeader("content-length", Buffer.byteLength(outgoing.body));
  }
  return new Promise((resolve, reject) => {
    request.once("error", reject);
    request.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("error", reject);
      response.once("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: textHeaders(response.headers), text });
      });
    });
    request.end(outgoing.body);
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

function isLoopback(hostname: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
