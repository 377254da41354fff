import { expect } from "vitest";
import { type Json, ManualClock, receiver, sandbox, until } from "../../test-support.ts";
import { fact, untested } from "../contract.ts";
import type { Row } from "../target.ts";

type Options = Parameters<typeof sandbox>[0];
type Answering = Parameters<typeof receiver>[0];

/** One event through the webhook template. */
async function delivered(
  answer: Answering,
  inputs: Json = {},
  options: Options = { retries: "back-to-back" },
) {
  const hook = await receiver(answer);
  const { webhook, capture, settled } = await sandbox(options);
  const { id } = await webhook(hook.url, {}, inputs);
  const { destinations } = await settled(await capture("any"));
  return { id, received: hook.received, destination: destinations[0] };
}

/** One event through code that may use `HOOK`. */
async function ran(hog: string, answer?: Answering, rest: Json = {}) {
  const hook = await receiver(answer);
  const { api, capture, settled } = await sandbox({ retries: "back-to-back" });
  const body = { hog: hog.replaceAll("HOOK", `'${hook.url}'`), enabled: true, ...rest };
  expect((await api("POST", "hog_functions/", body)).status).toBe(201);
  const { destinations } = await settled(await capture("any"));
  const logs: Row[] = destinations[0].logs;
  const messages: string[] = logs.filter(({ level }) => level === "INFO").map(({ message }) => message);
  return { received: hook.received, destination: destinations[0], messages };
}

const retriedStatuses = [408, 429, 500, 502, 503, 504];
for (const status of retriedStatuses) {
  fact("4.6", `${status} is retried: three attempts in all`, { needs: "sandbox" }, async () => {
    expect((await delivered((response) => response.writeHead(status).end())).received).toHaveLength(3);
  });
}

fact("4.6", "No other status is retried", { needs: "sandbox" }, async () => {
  for (const status of [200, 204, 302, 400, 401, 403, 404, 409, 410, 413, 422, 425, 501, 505]) {
    const { received } = await delivered((response) => response.writeHead(status).end());
    expect(received, String(status)).toHaveLength(1);
  }
});

fact("4.6", "A connection that breaks is retried", { needs: "sandbox" }, async () => {
  const { received, destination } = await delivered((response) => response.destroy());
  expect(received.length).toBeGreaterThanOrEqual(3);
  expect(destination.deliveries[0].attempts).toHaveLength(3);
});

fact("4.6", "An address that is none is not", { needs: "sandbox" }, async () => {
  const { webhook, capture, settled } = await sandbox({ retries: "back-to-back" });
  await webhook("not a url");
  const { destinations } = await settled(await capture("any"));
  expect(destinations[0].deliveries[0].attempts).toHaveLength(1);
});

fact(
  "4.6",
  "An answer shorter than its content-length is not: the request did arrive",
  { needs: "sandbox" },
  async () => {
    const { received, destination } = await delivered((response) => {
      response.writeHead(200, { "content-length": 10 });
      response.write("short", () => response.destroy());
    });
    expect(received).toHaveLength(1);
    expect(destination).toMatchObject({ state: "failed", deliveries: [{ attempts: [{ status: null }] }] });
  },
);

fact("4.6", "After the last attempt the code sees the last status", { needs: "sandbox" }, async () => {
  const { messages } = await ran("print(fetch(HOOK).status)", (r, count) =>
    r.writeHead(count === 3 ? 502 : 503).end(),
  );
  expect(messages.at(-1)).toBe("502");
});

fact("4.6", "Without any answer it sees a 500", { needs: "sandbox" }, async () => {
  const { messages } = await ran("print(fetch(HOOK).status)", (response) => response.destroy());
  expect(messages.at(-1)).toBe("500");
});

/** The pauses between the three attempts at a server that always fails. */
async function pauses(random: number): Promise<number[]> {
  const clock = new ManualClock();
  const hook = await receiver((response) => response.writeHead(500).end());
  const { webhook, capture, settled } = await sandbox({ clock, random: () => random });
  await webhook(hook.url);
  const uuid = await capture("any");
  for (const count of [1, 2]) {
    const pause = Math.min(1000 * count + random * 1000, 30_000);
    await until(() => clock.sleeping.includes(pause) || undefined);
    clock.advance(pause);
  }
  const [{ deliveries }] = (await settled(uuid)).destinations;
  const times: number[] = deliveries[0].attempts.map(({ at }: Row) => Date.parse(at));
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

fact(
  "4.6",
  "The pause before attempt n+1 is n seconds and up to one by chance",
  { needs: "sandbox" },
  async () => {
    expect(await pauses(0)).toEqual([1000, 2000]);
    expect(await pauses(0.5)).toEqual([1500, 2500]);
  },
);

fact(
  "4.6",
  "The newest honours Retry-After, up to 5 minutes",
  { needs: "sandbox", certainty: "unverified" },
  async () => {
    for (const [header, pause] of [
      ["60", 60_000],
      ["3600", 300_000],
    ] as const) {
      const clock = new ManualClock();
      const hook = await receiver((response) => response.writeHead(429, { "retry-after": header }).end());
      const { webhook, capture, call } = await sandbox({ clock, random: () => 0 });
      await call("PATCH", "/_sandbox/runtime", { retryAfter: "honoured" });
      await webhook(hook.url);
      await capture("any");
      await until(() => clock.sleeping.includes(pause) || undefined);
    }
  },
);

fact(
  "4.6",
  "A broken kept-alive connection is tried again at once, within the attempt",
  { needs: "sandbox" },
  async () => {
    // the second request on the connection meets a server that has just closed it
    const { received, destination } = await delivered((response, count) =>
      count === 1 ? response.destroy() : response.end("ok"),
    );
    expect(received).toHaveLength(2);
    expect(destination.deliveries[0].attempts).toHaveLength(1);
  },
);

fact("4.6", "An attempt has 3 s for everything", { needs: "sandbox" }, async () => {
  const clock = new ManualClock();
  const hook = await receiver(() => {});
  const { webhook, capture, settled } = await sandbox({ clock, retries: "back-to-back" });
  await webhook(hook.url);
  const uuid = await capture("any");
  for (const count of [1, 2, 3]) {
    await until(() => (hook.received.length === count ? true : undefined));
    clock.advance(2_999);
    clock.advance(1);
  }
  const { attempts } = (await settled(uuid)).destinations[0].deliveries[0];
  expect(attempts).toMatchObject(Array(3).fill({ status: null, ms: 3000 }));
});

untested(
  "4.6",
  "Third parties have a setting of their own for it, whose value on Cloud is not known",
  "a setting of Cloud's",
  "unverified",
);

fact("4.6", "A redirect is not followed", { needs: "sandbox" }, async () => {
  const { received } = await delivered((r) => r.writeHead(302, { location: "/elsewhere" }).end());
  expect(received.map(({ url }) => url)).toEqual(["/hook"]);
});

fact(
  "4.6",
  "There is no user agent: the headers are the given ones, host, connection and content-length",
  { needs: "sandbox" },
  async () => {
    const { received } = await delivered((r) => r.end(), { headers: { value: { "X-Mine": "1" } } });
    const names = Object.keys(received[0]?.headers ?? {});
    expect(names.sort()).toEqual(["connection", "content-length", "host", "x-mine"]);
  },
);

fact("4.6", "Content-Type is JSON only where no headers are given at all", { needs: "sandbox" }, async () => {
  const type = async (inputs: Json) =>
    (await delivered((r) => r.end(), inputs)).received[0]?.headers["content-type"];
  expect(await type({})).toBe("application/json");
  expect(await type({ headers: { value: { "X-Mine": "1" } } })).toBeUndefined();
});

fact("4.6", "A body that is a text is sent as it is, any other as JSON", { needs: "sandbox" }, async () => {
  const { received } = await ran("fetch(HOOK, {'body': 'as it is'}) fetch(HOOK, {'body': {'a': [1, null]}})");
  expect(received.map(({ body }) => body)).toEqual(["as it is", '{"a":[1,null]}']);
});

fact("4.6", "GET and HEAD carry no body", { needs: "sandbox" }, async () => {
  const { received } = await ran(
    "fetch(HOOK, {'method': 'GET', 'body': 'x'}) fetch(HOOK, {'method': 'HEAD', 'body': 'x'})",
  );
  expect(received.map(({ method, body }) => [method, body])).toEqual([
    ["GET", ""],
    ["HEAD", ""],
  ]);
});

fact("4.6", "Header values that are no text are dropped", { needs: "sandbox" }, async () => {
  const value = { "X-Text": "1", "X-Number": 1, "X-Object": { a: 1 } };
  const { received } = await delivered((r) => r.end(), { headers: { value } });
  expect(received[0]?.headers).toHaveProperty("x-text");
  for (const name of ["x-number", "x-object"]) expect(received[0]?.headers).not.toHaveProperty(name);
});

fact(
  "4.6",
  "The answer is {status, body}, its body parsed where it is JSON",
  { needs: "sandbox" },
  async () => {
    const parsed = await ran("let r := fetch(HOOK) print(r.status, r.body.a)", (r) =>
      r.writeHead(201).end('{"a":"b"}'),
    );
    expect(parsed.messages).toEqual(["201, b"]);
    expect((await ran("print(fetch(HOOK).body)", (r) => r.end("plain"))).messages).toEqual(["plain"]);
  },
);

untested(
  "4.6",
  "In production private and loopback addresses are refused and not retried",
  "outside production everything is allowed; the sandbox sends to this machine only, unless told",
);

fact("4.6", "A run has five fetches; the sixth fails it", { needs: "sandbox" }, async () => {
  const { received, destination } = await ran("let i := 0 while (i < 6) { fetch(HOOK) i := i + 1 }");
  expect([received.length, destination.state]).toEqual([5, "failed"]);
});

fact("4.6", "Of what a run prints 25 lines are kept", { needs: "sandbox" }, async () => {
  const printing = (lines: number) => ran(`let i := 0 while (i < ${lines}) { print('line', i) i := i + 1 }`);
  expect((await printing(24)).messages).toHaveLength(24);
  const { destination } = await printing(40);
  const kept = destination.logs.filter(({ level }: Row) => level !== "DEBUG"); // the worker's own last line
  expect(kept).toHaveLength(25);
});

fact("4.6", "A log line has about 10,000 characters", { needs: "sandbox" }, async () => {
  const hog = "let s := 'x' let i := 0 while (i < 14) { s := concat(s, s) i := i + 1 } print(s)";
  const [line = ""] = (await ran(hog)).messages;
  expect(line.length).toBeGreaterThanOrEqual(10_000);
  expect(line.length).toBeLessThan(10_100);
});

fact("4.6", "Secrets are not in the logs", { needs: "sandbox" }, async () => {
  const inputs_schema = [{ key: "key", type: "string", secret: true }];
  const { messages } = await ran("print('it is', inputs.key)", undefined, {
    ...{ inputs_schema, inputs: { key: { value: "s3cret" } } },
  });
  expect(messages).toEqual([expect.stringMatching(/^it is, /)]);
  expect(messages[0]).not.toContain("s3cret");
});

fact("4.6", "Nor are the values of headers named like credentials", { needs: "sandbox" }, async () => {
  const headers = { value: { Authorization: "Bearer t0ken", "X-Other": "shown" } };
  const { destination, received } = await delivered((r) => r.end(), { headers, debug: { value: true } });
  expect(received[0]?.headers.authorization).toBe("Bearer t0ken");
  const logged = JSON.stringify(destination.logs);
  expect(logged).toContain("shown");
  expect(logged).not.toContain("t0ken");
});

fact(
  "4.6",
  "Connections are kept alive: two deliveries in a row share one",
  { needs: "sandbox" },
  async () => {
    const ports = new Set<number | undefined>();
    const hook = await receiver((response) => {
      ports.add(response.req.socket.remotePort);
      response.end("ok");
    });
    const { webhook, capture, settled } = await sandbox();
    await webhook(hook.url);
    for (const event of ["one", "two"]) await settled(await capture(event));
    expect([hook.received.length, ports.size]).toEqual([2, 1]);
  },
);

untested(
  "4.6",
  "They are kept for 10 s, 500 an origin",
  "how long and how many shows only to a server under load",
);
fact(
  "4.6",
  "A function that captures into its own project is stopped when it goes round in circles",
  { needs: "sandbox" },
  async () => {
    const { api, capture, url } = await sandbox();
    const event =
      "{'api_key': 'phc_sandbox', 'event': 'loop', 'distinct_id': 'u', 'properties': event.properties}";
    const body = {
      hog: `fetch('${url}/i/v0/e/', {'body': ${event}})`,
      filters: { events: [{ id: "loop", type: "events" }] },
    };
    const { body: fn } = await api("POST", "hog_functions/", { ...body, enabled: true });
    await capture("loop");
    const totals = async () =>
      (await api("GET", `hog_functions/${fn.id}/metrics/totals/?breakdown_by=name`)).body.totals;
    const last = await until(async () => ((await totals()).failed ? await totals() : undefined));
    expect(last).toMatchObject({ triggered: 11, succeeded: 10, failed: 1 });
  },
);

fact("4.6", "A failing endpoint does not disable the function", { needs: "sandbox" }, async () => {
  const hook = await receiver((response) => response.writeHead(500).end());
  const { webhook, api, capture, settled } = await sandbox({ retries: "back-to-back" });
  const { id } = await webhook(hook.url);
  for (let count = 0; count < 20; count++) await settled(await capture("any"));
  expect(hook.received).toHaveLength(60);
  expect((await api("GET", `hog_functions/${id}/`)).body).toMatchObject({
    enabled: true,
    status: { state: 1 },
  });
});

fact(
  "4.6",
  "An event captured twice is delivered twice",
  { needs: "sandbox", certainty: "inferred" },
  async () => {
    const hook = await receiver();
    const { webhook, capture, settled } = await sandbox();
    await webhook(hook.url);
    const uuid = await capture("a");
    await capture("a", { uuid });
    await settled(uuid);
    expect(hook.received).toHaveLength(2);
  },
);

untested("4.6", "Deliveries come in no order", "a warning, not a behaviour to show", "inferred");
