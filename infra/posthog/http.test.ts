import { createServer } from "node:http";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PostHogError } from "./errors.ts";
import { type FakePostHog, startFakePostHog } from "./fake-posthog.ts";
import { type ClientOptions, createClient } from "./http.ts";
import { createLimiter } from "./limiter.ts";

let fake: FakePostHog;
let slept: number[];

beforeEach(async () => {
  fake = await startFakePostHog();
  slept = [];
});
afterEach(() => fake.close());

/** Sleeps at once; what was slept is noted. */
function client(options: Partial<ClientOptions> = {}) {
  let time = Date.parse("2026-11-01T00:00:00Z");
  const clock = {
    now: () => time,
    async sleep(milliseconds: number) {
      slept.push(milliseconds);
      time += milliseconds;
    },
  };
  return createClient({
    host: fake.url,
    project: "1",
    apiKey: "phx_test",
    limiter: createLimiter({ host: fake.url, clock }),
    clock,
    ...options,
  });
}

/** The first `times` requests meet the fault. */
function failing(times: number, fault: ReturnType<FakePostHog["fault"]>) {
  fake.fault = () => (fake.requests.length <= times ? fault : undefined);
}

async function failure(work: Promise<unknown>): Promise<PostHogError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof PostHogError) return error;
  throw new Error(`not a PostHogError: ${error}`);
}

const throttled = {
  type: "throttled_error",
  code: "throttled",
  detail: "Request was throttled.",
  attr: null,
};

test.each([
  ["a 500", { status: 500 }],
  ["a gateway's 502", { status: 502, body: "<html>" }],
  ["a cut connection", { cut: true as const }],
])("repeats a GET after %s", async (_name, fault) => {
  failing(2, fault);
  await expect(client().get("hog_functions/")).resolves.toMatchObject({ count: 0 });
  expect(fake.requests).toHaveLength(3);
  expect(slept).toEqual([500, 1000]);
});

test.each([
  ["a 500", { status: 500 }],
  ["a cut connection", { cut: true as const }],
  ["a 2xx that is not JSON", { status: 201, body: "<html>" }],
])("never repeats a POST or a PATCH after %s", async (_name, fault) => {
  failing(2, fault);
  const errors = [
    await failure(client().post("hog_functions/", {})),
    await failure(client().patch("hog_functions/none/", {})),
  ];
  expect(errors).toMatchObject([{ unclear: true }, { unclear: true }]);
  expect(fake.requests).toEqual(["POST hog_functions/", "PATCH hog_functions/none/"]);
});

test.each([
  ["seconds", "12", 12_000],
  ["a date", "Sun, 01 Nov 2026 00:00:40 GMT", 40_000],
  ["nothing", undefined, 60_000],
])("repeats even a POST after a 429, when Retry-After in %s is over", async (_name, header, waited) => {
  failing(1, { status: 429, body: throttled, headers: header ? { "Retry-After": header } : {} });
  await client().post("hog_functions/", { inputs_schema: [], inputs: {} });
  expect(fake.requests).toHaveLength(2);
  expect(slept).toEqual([waited]);
});

test("gives up after four attempts, and says what came", async () => {
  failing(9, { status: 500 });
  const error = await failure(client().get("hog_functions/"));
  expect(fake.requests).toHaveLength(4);
  expect(error.message).toMatch(
    `PostHog answered 500 to GET ${fake.url}/api/projects/1/hog_functions/: A server error occurred.\n`,
  );
  expect(error.message).toMatch(/Run again/);
});

test("does not repeat a 409, which PostHog calls a server_error", async () => {
  failing(1, {
    status: 409,
    body: { type: "server_error", code: "stale_update", detail: "Changed.", attr: null },
  });
  const error = await failure(client().patch("hog_functions/none/", {}));
  expect(error).toMatchObject({ status: 409, code: "stale_update", unclear: false });
  expect(fake.requests).toHaveLength(1);
});

test.each<[string, Partial<ClientOptions>, ReturnType<FakePostHog["fault"]>, object, RegExp]>([
  ["a wrong key", { apiKey: "phx_other" }, undefined, { status: 401 }, /POSTHOG_API_KEY.*`hogwire:apiKey`/],
  [
    "a missing scope",
    {},
    {
      status: 403,
      body: {
        type: "authentication_error",
        code: "permission_denied",
        detail: "API key missing required scope 'hog_function:write'",
      },
    },
    { status: 403, code: "permission_denied" },
    /scope 'hog_function:write'\n.*Personal API keys/,
  ],
  [
    "an unknown project",
    { project: "2" },
    undefined,
    { status: 404, gone: false },
    /`hogwire:projectId` and `hogwire:host`/,
  ],
  [
    "a validation error",
    {},
    {
      status: 400,
      body: {
        type: "validation_error",
        code: "invalid_input",
        detail: "This field is required.",
        attr: "inputs__url",
      },
    },
    { status: 400, attr: "inputs__url", unclear: false },
    /inputs\.url: This field is required\./,
  ],
  [
    "a page of HTML",
    {},
    { status: 200, body: "<html>" },
    { code: "unexpected_answer" },
    /address of a PostHog/,
  ],
])("explains %s", async (_name, options, fault, fields, message) => {
  fake.fault = () => fault;
  const error = await failure(client(options).get("hog_functions/"));
  expect(error).toMatchObject(fields);
  expect(error.message).toMatch(message);
  expect(error.message).not.toMatch(/phx_(test|other)/);
});

test("explains a host that does not answer", async () => {
  await fake.close();
  const error = await failure(client().get("hog_functions/"));
  expect(error).toMatchObject({ status: 0, unclear: true });
  expect(error.message).toMatch(/No answer to GET .*ECONNREFUSED\n.*`hogwire:host`/);
});

test.each([
  ["a line break", "phx_a\nphx_b"],
  ["a blank", "phx_a phx_b"],
  ["what is no ASCII", "phx_“a”"],
])("sends nothing with a key that has %s in it, and does not quote it", async (_what, apiKey) => {
  const error = await failure(client({ apiKey }).get("hog_functions/"));
  expect(error.message).toMatch(/The API key is not accepted/);
  expect(inspect(error)).not.toContain("phx_");
  expect(fake.requests).toEqual([]);
});

test("takes a key with a line break at its end, as a file has one", async () => {
  await client({ apiKey: "phx_test\n" }).get("hog_functions/");
  expect(fake.requests).toHaveLength(1);
});

test("gives up on a server that never answers", async () => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const host = `http://127.0.0.1:${typeof address === "object" && address?.port}`;
  const error = await failure(client({ host, timeoutMs: 50 }).post("hog_functions/", {}));
  silent.closeAllConnections();
  silent.close();
  expect(error).toMatchObject({ status: 0, detail: "timed out after 0.05 s" });
});

test("does not follow a redirect, which could take the key elsewhere", async () => {
  fake.fault = () => ({ status: 301, headers: { Location: `${fake.url}/elsewhere/` }, body: {} });
  const error = await failure(client().get("hog_functions/"));
  expect(fake.requests).toHaveLength(1);
  expect(error.message).toMatch(/`hogwire:host` to the address PostHog redirects to/);
});
