import { once } from "node:events";
import { createServer } from "node:http";
import { serve } from "@hono/node-server";
import autocannon from "autocannon";
import { Hono } from "hono";
import { isChild, median, report } from "./measure.ts";
import { end, hogwire, start } from "./server.ts";

const DESTINATIONS = 100;
const NAMES = 50; // of events: two destinations take each
const EVENTS = 2_000;
const BATCH = 50;
const STARTS = 7;
const ROUNDS = 5;
const SECONDS = 2;

const headers = { Authorization: "Bearer phx_sandbox", "Content-Type": "application/json" };

/**
 * The sandbox in a process of its own, the load and the endpoint of the webhooks in this one. What is read is one hog function,
 * whole; against a bare Hono server on the same `@hono/node-server` that answers as many bytes of constant JSON.
 */
export async function sandbox(): Promise<void> {
  const starts = [];
  for (let count = 0; count <= STARTS; count++) {
    const { child, milliseconds } = await startSandbox();
    await end(child);
    if (count > 0) starts.push(milliseconds); // what is compiled is kept from the first on
  }
  const { child, url } = await startSandbox();
  try {
    const delivered = await deliver(url);
    const read = await compareReads(url);
    report("sandbox", { ...delivered, ...read, start_ms: median(starts, (milliseconds) => milliseconds) });
  } finally {
    await end(child);
  }
}

/** From the first capture until the last webhook has arrived. */
async function deliver(url: string): Promise<{ events_per_s: number; deliveries_per_s: number }> {
  const expected = EVENTS * 2;
  const arrived = Promise.withResolvers<number>();
  let count = 0;
  const tooLate = setTimeout(() => arrived.reject(new Error(`${count} of ${expected} arrived`)), 120_000);
  const endpoint = createServer((request, response) => {
    request.resume().on("end", () => {
      response.end("ok");
      if (++count === expected) arrived.resolve(performance.now());
    });
  });
  endpoint.listen(0, "127.0.0.1");
  await once(endpoint, "listening");
  const address = endpoint.address();
  const port = typeof address === "object" ? address?.port : undefined;
  for (let index = 0; index < DESTINATIONS; index++)
    await post(`${url}/api/projects/1/hog_functions/`, destination(index, `http://127.0.0.1:${port}`));

  const started = performance.now();
  for (let first = 0; first < EVENTS; first += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, index) => event(first + index));
    await post(`${url}/batch/`, { api_key: "phc_sandbox", batch });
  }
  const seconds = ((await arrived.promise) - started) / 1000;
  clearTimeout(tooLate);
  endpoint.close();
  return { events_per_s: EVENTS / seconds, deliveries_per_s: expected / seconds };
}

function destination(index: number, url: string) {
  const plans = { key: "plan", value: ["pro", "team"], operator: "exact", type: "event" };
  const outsiders = { key: "email", value: "@acme.example", operator: "not_icontains", type: "person" };
  return {
    template_id: "template-webhook",
    name: `Destination ${index}`,
    enabled: true,
    filters: {
      events: [{ id: `event_${index % NAMES}`, type: "events", properties: [plans] }],
      properties: [outsiders],
    },
    inputs: {
      url: { value: `${url}/${index}` },
      method: { value: "POST" },
      headers: { value: { "Content-Type": "application/json" } },
      body: { value: { event: "{event}", person: "{person}" } },
      signing_secret: { value: `whsec_${Buffer.alloc(32, index).toString("base64")}` },
    },
  };
}

function event(index: number) {
  const properties = { plan: "pro", seats: index % 9, $set: { email: `${index % 97}@example.com` } };
  return { event: `event_${index % NAMES}`, distinct_id: `user-${index % 97}`, properties };
}

async function compareReads(url: string) {
  const list = await fetch(`${url}/api/projects/1/hog_functions/?limit=1`, { headers });
  const { results } = (await list.json()) as { results: { id: string }[] }; // contract §1.3
  const path = `${url}/api/projects/1/hog_functions/${results[0]?.id}/`;
  const { byteLength } = await (await fetch(path, { headers })).arrayBuffer();
  const bare = await start([import.meta.filename, String(byteLength)]);
  try {
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) {
      const bareReads = await readsPerSecond(bare.url);
      const reads = await readsPerSecond(path);
      rounds.push({ reads, bareReads, ratio: reads / bareReads });
    }
    const typical = median(rounds, ({ ratio }) => ratio);
    return {
      read_per_s: typical.reads,
      bare_read_per_s: typical.bareReads,
      read_ratio: typical.ratio,
    };
  } finally {
    await end(bare.child);
  }
}

async function readsPerSecond(url: string): Promise<number> {
  const result = await autocannon({ url, headers, connections: 10, duration: SECONDS });
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${url}: ${result.non2xx} were refused`);
  return result["2xx"] / result.duration;
}

const startSandbox = () => start([hogwire, "sandbox", "--port", "0", "--memory"]);

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(await response.text());
}

/** The bare server: `{"filler":"…"}` of so many bytes. */
if (isChild(import.meta)) {
  const answer = { filler: "x".repeat(Number(process.argv[2]) - '{"filler":""}'.length) };
  const app = new Hono().get("/", (c) => c.json(answer));
  serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
    console.log(`http://127.0.0.1:${port}`),
  );
}
