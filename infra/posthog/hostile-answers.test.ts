import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { getAction, listActions } from "./actions.ts";
import { PostHogError } from "./errors.ts";
import { getGroupTypes } from "./groups.ts";
import { listHogFunctions } from "./hog-function-list.ts";
import { createHogFunction, getHogFunction, patchHogFunction } from "./hog-functions.ts";
import { createClient, type PostHogClient } from "./http.ts";
import { createLimiter } from "./limiter.ts";
import { getTemplate } from "./templates.ts";

/** A server that is not the PostHog one thinks, and a client whose time jumps when it waits. */
async function start(answer: RequestListener) {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  let waited = 0;
  const clock = {
    now: () => Date.now() + waited,
    async sleep(milliseconds: number) {
      waited += milliseconds;
    },
  };
  const host = `http://127.0.0.1:${address.port}`;
  const limiter = createLimiter({ host, clock });
  const client = createClient({ host, project: "1", apiKey: "phx_test", limiter, clock, timeoutMs: 200 });
  return { client, waited: () => waited };
}

const body = { name: "A", description: "", enabled: true, filters: {}, hog: "return 1", inputs: {} };
const whole = { ...body, inputs_schema: [], icon_url: null, masking: null, mappings: null };

const requests: Record<string, (client: PostHogClient) => Promise<unknown>> = {
  "the list of hog functions": (client) => listHogFunctions(client),
  "a hog function": (client) => getHogFunction(client, "1"),
  "a new hog function": (client) => createHogFunction(client, { type: "destination" }, whole),
  "a changed hog function": (client) => patchHogFunction(client, { id: "1" }, whole),
  "the list of actions": (client) => listActions(client),
  "an action": (client) => getAction(client, "1"),
  "a template": (client) => getTemplate(client, "template-webhook"),
  "the group types": (client) => getGroupTypes(client),
};

const json =
  (text: string, status = 200): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(text);
  };

const answers: Record<string, [RequestListener, RegExp]> = {
  "a page of HTML": [
    (_request, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html></html>"),
    /the answer is not JSON\n.*`hogwire:host`/,
  ],
  nothing: [(_request, response) => response.writeHead(200).end(), /the answer is not JSON\n/],
  "no content": [(_request, response) => response.writeHead(204).end(), /the answer is not JSON\n/],
  "half of an answer": [json('{"count": 1, "results": ['), /the answer is not JSON\n/],
  "a number": [json("7"), /unexpected shape/],
  null: [json("null"), /unexpected shape/],
  "a list of lists": [json("[[]]"), /unexpected shape/],
  "an empty object": [json("{}"), /unexpected shape/],
  "an object of another kind": [
    json('{"id": {}, "results": {}, "count": "1", "code": 1}'),
    /unexpected shape/,
  ],
  "a redirect": [
    (_request, response) => response.writeHead(301, { location: "https://elsewhere.example/" }).end(),
    /PostHog answered 301 .*\n.*address PostHog redirects to/,
  ],
  "a proxy's page": [
    (_request, response) => response.writeHead(404, { "content-type": "text/html" }).end("<html></html>"),
    /PostHog answered 404 .*Not Found/,
  ],
  "an error that is a list": [json('["Invalid"]', 400), /PostHog answered 400 .*Bad Request/],
  "headers and no end": [
    (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"count"');
    },
    /No answer to .*timed out after 0\.2 s/,
  ],
  "a body cut off": [
    (request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("{");
      setImmediate(() => request.socket.destroy());
    },
    /No answer to .*: /,
  ],
};

test.each(
  Object.entries(answers).flatMap(([said, [answer, message]]) =>
    Object.entries(requests).map(([asked, request]) => ({ asked, said, request, answer, message })),
  ),
)("$asked, answered with $said, is an error that says so", async ({ request, answer, message }) => {
  const { client } = await start(answer);
  const error = await request(client).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PostHogError);
  expect((error as PostHogError).gone).toBe(false);
  expect((error as PostHogError).message).toMatch(message);
  expect((error as PostHogError).message).not.toMatch(/phx_test/);
});

test.each([
  ["-1", 60_000],
  ["1e9", 60_000],
  ["", 60_000],
  ["soon", 60_000],
  ["0", 1000],
  ["Thu, 01 Jan 1970 00:00:00 GMT", 1000],
  ["0012", 12_000],
])("a 429 that says `Retry-After: %s` is a wait of %i ms", async (header, expected) => {
  let count = 0;
  const { client, waited } = await start((_request, response) => {
    if (++count === 1) response.writeHead(429, { "retry-after": header }).end();
    else response.writeHead(200, { "content-type": "application/json" }).end("[]");
  });
  await getGroupTypes(client);
  expect(waited()).toBeGreaterThan(expected - 500);
  expect(waited()).toBeLessThanOrEqual(expected);
});

test.each(["1000000000", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])(
  "a 429 that says `Retry-After: %s` is an error at once",
  async (header) => {
    const { client, waited } = await start((_request, response) =>
      response.writeHead(429, { "retry-after": header }).end(),
    );
    await expect(getGroupTypes(client)).rejects.toThrow(
      /429 .*more than the 2 hours that Hogwire waits\n.*shared/,
    );
    expect(waited()).toBe(0);
  },
);
