import { afterAll, beforeAll, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { without } from "../wire/json.ts";
import type { Properties } from "./inputs.ts";
import { byHand, createEngine, type PostHogByHand } from "./testing.ts";

let sandbox: Sandbox;
let posthog: PostHogByHand;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, data: ":memory:" });
  posthog = byHand(sandbox);
});
afterAll(() => sandbox.close());

/** One of each kind, all that PostHog derives, trims or re-orders among what it says. */
async function everything() {
  const place = { host: sandbox.url, project: "1", __provider: "loader" };
  const paying = createEngine();
  const eventFilter = {
    ...{ ...place, kind: "event-filter", slug: "paying", managed_by: "hogwire/dev/paying" },
    ...{ name: " Paying ", description: "\nOf the paid plans ", steps: [{ event: "paid", url: " /buy " }] },
  };
  await paying.up(eventFilter);
  const common = {
    ...{ ...place, kind: "destination", enabled: true, name: " Sign-ups\n", description: " Two\nlines\t" },
    filters: {
      events: [{ id: "user_signed_up" }, { filter: "paying", id: paying.id }],
      filter_test_accounts: true,
    },
    masking: { ttl: 60, hash: " {event.uuid} " },
  };
  const ways = {
    webhook: {
      webhook: {
        // Comes first in the template, and reads what comes after it.
        url: "https://acme.example/{inputs.body.a}",
        body: { b: "{event.event}", a: 1, é: [null, {}] },
        headers: { "X-B": "{inputs.method}", "X-A": "1" },
        signing_secret: `whsec_${Buffer.alloc(24, 7).toString("base64")}`,
      },
    },
    zendesk: {
      template: {
        id: "template-zendesk",
        inputs: { subdomain: "acme", admin_email: "a@b.example", token: "t" },
        secret_inputs: ["token"],
      },
    },
    own: {
      hog: {
        code: "\nreturn inputs.a\n",
        inputs_schema: [
          { key: "a", type: "string", label: " A " },
          { key: "b", type: "string", templating: true, secret: true },
          { key: "c", type: "boolean", hidden: true },
        ],
        inputs: { a: "{inputs.c}", b: { value: "{event.event}", templating: "hog" }, c: false },
      },
    },
  };
  const destinations = Object.entries(ways).map(([slug, way]) => ({
    engine: createEngine(),
    inputs: { ...common, slug, managed_by: `hogwire/dev/${slug}`, ...way },
  }));
  for (const { engine, inputs } of destinations) await engine.up(inputs);
  return { destinations, all: [...destinations, { engine: paying, inputs: eventFilter }], paying };
}

type Everything = Awaited<ReturnType<typeof everything>>;

async function control(path: string, body: unknown): Promise<void> {
  const response = await fetch(`${sandbox.url}/_sandbox/${path}`, {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
}

/** Each destination is saved with what `change` makes of it. */
async function saved({ destinations }: Everything, change: (row: Properties) => Properties): Promise<void> {
  for (const { engine } of destinations) {
    const path = `hog_functions/${engine.id}/`;
    await posthog.api("PATCH", path, { mappings: null, ...change(await posthog.api("GET", path)) });
  }
}

test.each<[what: string, happens: (there: Everything) => Promise<unknown>]>([
  ["nothing", async () => {}],
  ["all of it saved again as it is read", (there) => saved(there, (row) => row)],
  ["a part of it saved again", (there) => saved(there, ({ filters }) => ({ filters }))],
  ["nothing saved", (there) => saved(there, () => ({}))],
  ["keys in another order", (there) => saved(there, (row) => reversed(row) as Properties)],
  [
    "a schema's flags left out that are false",
    (there) =>
      saved(there, ({ inputs_schema }) => ({
        inputs_schema: (inputs_schema as Properties[]).map((item) =>
          without(
            item,
            ["required", "secret", "hidden"].filter((flag) => item[flag] === false),
          ),
        ),
      })),
  ],
  [
    "inputs left out that are null, and secrets",
    (there) =>
      saved(there, ({ inputs }) => ({
        inputs: Object.fromEntries(
          Object.entries(inputs as Record<string, Properties | null>).filter(
            ([, input]) => input !== null && !input.secret,
          ),
        ),
      })),
  ],
  [
    "what PostHog trims",
    (there) =>
      saved(there, ({ name, description, hog }) => ({
        name: `${name} `,
        description: `\n${description} `,
        hog: `${hog}\n`,
      })),
  ],
  [
    "what PostHog does not take from anybody",
    (there) =>
      saved(there, () => ({ version: 99, status: { state: 3 }, bytecode: [], created_at: null, draft: {} })),
  ],
  [
    "its place among transformations",
    (there) => saved(there, () => ({ execution_order: 7, _create_in_folder: "Mine" })),
  ],
  [
    "the action of its filters saved, by which it is compiled again",
    ({ paying }) =>
      posthog
        .api("POST", "actions/", { name: "Other", steps: [{ event: "x" }] })
        .then(() => posthog.api("PATCH", `actions/${paying.id}/`, { tags: ["crm"] })),
  ],
  [
    "the project's test accounts, by which it is compiled again",
    () => control("test-account-filters", [{ key: "email", value: "@acme.example", type: "person" }]),
  ],
  [
    "its health",
    ({ destinations }) =>
      Promise.all(
        destinations.map(({ engine }) => control(`hog_functions/${engine.id}/status`, { state: 2 })),
      ),
  ],
  [
    "what of an action is for people",
    ({ paying }) =>
      posthog.api("PATCH", `actions/${paying.id}/`, {
        tags: ["a"],
        post_to_slack: true,
        slack_message_format: "Hi",
        pinned_at: "2026-01-01T00:00:00Z",
      }),
  ],
])("is no drift: %s", async (_what, happens) => {
  const there = await everything();
  await happens(there);
  for (const { engine, inputs } of there.all) {
    expect(await engine.refresh()).toEqual(inputs);
    expect(await engine.up(inputs)).toBe("same");
    await engine.up(undefined);
  }
});

test("is no drift: an action whose save changed what its destinations are compiled to", async () => {
  const there = await everything();
  const bytecodes = async () =>
    Promise.all(
      there.destinations.map(async ({ engine }) => {
        const { filters, updated_at } = await posthog.api("GET", `hog_functions/${engine.id}/`);
        return { bytecode: (filters as Properties).bytecode, updated_at };
      }),
    );
  const before = await bytecodes();
  await posthog.api("PATCH", `actions/${there.paying.id}/`, { steps: [{ event: "paid twice" }] });
  const after = await bytecodes();
  expect(after.filter(({ bytecode }, index) => isEqual(bytecode, before[index]?.bytecode))).toEqual([]);
  for (const { engine, inputs } of there.destinations) expect(await engine.refresh()).toEqual(inputs);
});

function isEqual(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, item]) => [key, reversed(item)]));
}
