import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export type Request = { method: string; path: string; body: string };
export type Answer = { status: number; body: string };

/** For tests: stands before the sandbox, keeps what it is asked, and says in its place what no sandbox says. */
export type Between = {
  url: string;
  requests: Request[];
  /** Left out: the sandbox's answer. */
  answer?: ((request: Request, forward: () => Promise<Answer>) => Promise<Answer>) | undefined;
  close(): void;
};

export async function startBetween(sandbox: string): Promise<Between> {
  const server = createServer(async (incoming, outgoing) => {
    const request = {
      method: incoming.method ?? "GET",
      path: incoming.url ?? "/",
      body: await text(incoming),
    };
    between.requests.push(request);
    const pass = () => forward(request, incoming, sandbox);
    const { status, body } = await (between.answer ?? ((_request, forwarded) => forwarded()))(request, pass);
    outgoing.writeHead(status, { "Content-Type": "application/json" }).end(body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const between: Between = {
    url: `http://127.0.0.1:${port}`,
    requests: [],
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return between;
}

async function forward({ method, path, body }: Request, { headers }: IncomingMessage, to: string) {
  const response = await fetch(to + path, {
    method,
    headers: { Authorization: headers.authorization ?? "", "Content-Type": "application/json" },
    ...(body !== "" && { body }),
  });
  return { status: response.status, body: await response.text() };
}
