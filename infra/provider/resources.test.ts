import * as pulumi from "@pulumi/pulumi";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { Destination, type DestinationArgs, EventFilter, loaderText, Manifest } from "./resources.ts";

const registered: pulumi.runtime.MockResourceArgs[] = [];

beforeAll(() =>
  pulumi.runtime.setMocks({
    newResource(resource) {
      registered.push(resource);
      return { id: `id of ${resource.name}`, state: resource.inputs };
    },
    call: () => ({}),
  }),
);
beforeEach(() => {
  registered.length = 0;
});

const place = { host: "https://us.posthog.com", project: "1", managed_by: "hogwire/dev/signup" };
const signup = { ...place, slug: "signup", name: "Sign-ups", enabled: true };
const all = { events: "all" as const };

async function inputsOf(args: DestinationArgs): Promise<Record<string, unknown>> {
  new Destination("signup", args);
  await expect.poll(() => registered.length).toBe(1);
  return registered[0]?.inputs;
}

test("loader text and type tokens are those of every state that exists", async () => {
  const { host, project } = place;
  const owner = "hogwire/dev";
  new Manifest("manifest", { host, project, stack: "dev", owner, slugs: {}, needs: { templates: [] } });
  new Destination("signup", { ...signup, filters: all, webhook: { url: "https://acme.example", body: {} } });
  new EventFilter("paying", { ...place, slug: "paying", name: "Paying", steps: [{ event: "x" }] });
  await expect.poll(() => registered.length).toBe(3);
  expect(loaderText).toBe(
    'exports.handler=()=>process.getBuiltinModule("module").createRequire(process.cwd()+"/_")("#provider").provider',
  );
  expect(registered.map(({ type, inputs }) => [type, inputs.kind, inputs.__provider]).sort()).toEqual([
    ["pulumi-nodejs:dynamic/posthog:Destination", "destination", loaderText],
    ["pulumi-nodejs:dynamic/posthog:EventFilter", "event-filter", loaderText],
    ["pulumi-nodejs:dynamic/posthog:Manifest", "manifest", loaderText],
  ]);
});

test("puts the ids of event filters beside their slugs, and keeps the filters themselves out", async () => {
  const eventFilters = {
    paying: new EventFilter("paying", { ...place, slug: "paying", name: "P", steps: [{}] }),
  };
  await expect.poll(() => registered.length).toBe(1);
  registered.length = 0;
  const events = [
    { id: "x" },
    { filter: "paying", properties: [{ key: "plan", value: "pro" }] },
    { action: 5 },
  ];
  const webhook = { url: "u", body: {} };
  const inputs = await inputsOf({ ...signup, filters: { events }, webhook, eventFilters });
  expect(inputs.filters).toEqual({
    events: [
      { id: "x" },
      { filter: "paying", id: "id of paying", properties: [{ key: "plan", value: "pro" }] },
      { action: 5 },
    ],
  });
  expect(inputs).not.toHaveProperty("eventFilters");
});

test("an event filter that is not registered is no destination's", () => {
  const args = { ...signup, filters: { events: [{ filter: "paying" }] }, webhook: { url: "u", body: {} } };
  expect(() => new Destination("signup", args)).toThrow(/no event filter "paying"/);
});

test("former names and protection are no inputs: they are Pulumi's, and PostHog needs no change for them", async () => {
  const given = { adopt: "7", aliases: ["old"] };
  const lifecycle = { protect: true, retain: true, upgrade: true } as const;
  const { adopt, aliases, ...inputs } = await inputsOf({
    ...{ ...signup, ...given, lifecycle },
    ...{ filters: all, webhook: { url: "u", body: {} } },
  });
  expect([adopt, aliases, inputs.lifecycle]).toEqual(["7", undefined, { retain: true, upgrade: true }]);
  registered.length = 0;
  const filter = { ...place, slug: "paying", name: "P", steps: [{ event: "x" }] };
  new EventFilter("paying", { ...filter, ...given, lifecycle: { protect: true } });
  await expect.poll(() => registered.length).toBe(1);
  expect(registered[0]?.inputs).toEqual({
    ...filter,
    adopt: "7",
    kind: "event-filter",
    __provider: loaderText,
  });
});
