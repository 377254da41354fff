import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import type { Properties } from "./inputs.ts";
import { byHand, createEngine, type PostHogByHand, providerOf as provider, withFake } from "./testing.ts";

let sandbox: Sandbox;
let posthog: PostHogByHand;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, data: ":memory:", groupTypes: ["company"] });
  posthog = byHand(sandbox);
});
afterAll(() => sandbox.close());

/** Each test has a slug of its own, so all can share the sandbox. */
let slug: string;
let count = 0;
beforeEach(async () => {
  slug = `paying-${++count}`;
  await posthog.reset();
});

function place() {
  return { host: sandbox.url, project: "1", managed_by: `hogwire/dev/${slug}`, slug, name: slug };
}

function filterInputs(more: Properties = {}): Properties {
  const steps = [{ event: "user_signed_up" }];
  return { ...place(), steps, ...more, kind: "event-filter", __provider: "loader" };
}

function renamed(more: Properties): Properties {
  return filterInputs({ slug: `${slug}-new`, managed_by: `hogwire/dev/${slug}-new`, ...more });
}

function destinationInputs(events: object[]): Properties {
  const webhook = { url: "https://acme.example", body: {} };
  return {
    ...place(),
    enabled: true,
    filters: { events },
    webhook,
    kind: "destination",
    __provider: "loader",
  };
}

function actionsIn([row]: Properties[]): unknown {
  return (row?.filters as Properties | undefined)?.actions; // as the sandbox answers
}

test("a destination names event filters and actions among its events, in any order", async () => {
  const filter = createEngine();
  await filter.up(filterInputs());
  const theirs = await posthog.api("POST", "actions/", { name: `Theirs ${slug}`, steps: [{ event: "x" }] });
  const properties = [{ key: "plan", value: "pro" }];
  const destination = createEngine();
  const lists = [
    [{ filter: slug, id: filter.id }],
    [{ action: theirs.id }, { id: "y" }, { filter: slug, id: filter.id, properties }],
    [{ id: "y" }, { action: theirs.id, properties }],
  ];
  for (const [index, events] of lists.entries()) {
    const inputs = destinationInputs(events);
    expect(await destination.up(inputs)).toBe(index === 0 ? "create" : "update");
    expect(await destination.up(inputs)).toBe("same");
  }
  expect(actionsIn(await posthog.marked("hog_functions", slug))).toMatchObject([
    { id: String(theirs.id), type: "actions", order: 1, properties },
  ]);
});

test("deleted by hand, it is made anew, and its destinations follow", async () => {
  const filter = createEngine();
  await filter.up(filterInputs());
  const destination = createEngine();
  const inputs = (id = filter.id) => destinationInputs([{ filter: slug, id }]);
  await destination.up(inputs());
  const old = filter.id;
  await posthog.api("PATCH", `actions/${old}/`, { deleted: true });
  expect(await filter.refresh()).toBeUndefined();
  // The destination still names the action that is gone: nothing to see there yet.
  expect(await destination.refresh()).toEqual(inputs(old));
  expect(await filter.up(filterInputs())).toBe("create");
  expect(filter.id).not.toBe(old);
  expect(await destination.up(inputs())).toBe("update");
  expect(await destination.up(inputs())).toBe("same");
  expect(actionsIn(await posthog.marked("hog_functions", slug))).toMatchObject([{ id: filter.id }]);
});

test("a change of its steps is no change of the destinations that name it", async () => {
  const filter = createEngine();
  await filter.up(filterInputs());
  const destination = createEngine();
  const inputs = destinationInputs([{ filter: slug, id: filter.id }]);
  await destination.up(inputs);
  expect(await filter.up(filterInputs({ steps: [{ event: "user_upgraded" }] }))).toBe("update");
  expect(await destination.up(inputs)).toBe("same");
});

test("what another action in its place is, the destination's refresh shows", async () => {
  const filter = createEngine();
  await filter.up(filterInputs());
  const theirs = await posthog.api("POST", "actions/", { name: `Theirs ${slug}`, steps: [{ event: "x" }] });
  const destination = createEngine();
  const inputs = destinationInputs([{ filter: slug, id: filter.id }]);
  await destination.up(inputs);
  const actions = [{ id: String(theirs.id), name: "Theirs", type: "actions", order: 0 }];
  await posthog.api("PATCH", `hog_functions/${destination.id}/`, { filters: { events: [], actions } });
  expect(await destination.refresh()).toEqual({
    ...inputs,
    filters: { events: [{ action: theirs.id, name: "Theirs" }] },
  });
  expect(await destination.up(inputs)).toBe("update");
  expect(await destination.up(inputs)).toBe("same");
});

test("a name that another action has is refused with that action's address, and nothing is done", async () => {
  const theirs = await posthog.api("POST", "actions/", { name: "Taken", steps: [{ event: "x" }] });
  const taken = new RegExp(
    `already has an action named "Taken": ${sandbox.url}/project/1/data-management/actions/${theirs.id}\\. Give destinations/filters/${slug}\\.yaml another`,
  );
  await expect(provider().create(filterInputs({ name: "Taken" }))).rejects.toThrow(taken);
  expect(await posthog.marked("actions", slug)).toEqual([]);
  const { id, outs } = await provider().create(filterInputs());
  await expect(provider().update(id, outs, filterInputs({ name: "Taken" }))).rejects.toThrow(taken);
});

test("a name that another stack's or tool's action has is refused as well", async () => {
  for (const [index, marker] of [
    "[hogwire:hogwire/prod/x]",
    "[hogwire:hogwire/dev/x] <!-- iac:actions:x -->",
  ].entries()) {
    const name = `Theirs ${slug} ${index}`;
    await posthog.api("POST", "actions/", { name, description: marker, steps: [{ event: "x" }] });
    await expect(provider().create(filterInputs({ name }))).rejects.toThrow(/already has an action named/);
  }
});

test("a file that is renamed and keeps its `name` takes it over from the one that is deleted later", async () => {
  const name = `Paying ${slug}`;
  const old = await provider().create(filterInputs({ name }));
  const run = provider();
  const { props = {} } = await run.read(old.id, old.outs);
  await run.create(renamed({ name }));
  expect(await posthog.marked("actions", slug)).toMatchObject([
    { name: `hogwire: makes way, ${old.id}`, steps: [{ event: "user_signed_up" }] },
  ]);
  await run.delete(old.id, props);
  expect(await posthog.marked("actions", slug)).toEqual([]);
  expect(await posthog.marked("actions", `${slug}-new`)).toMatchObject([{ name }]);
});

test("what the stack left behind goes by another name, and that is said: no step of a run would give it one", async () => {
  const name = `Paying ${slug}`;
  const { id } = await provider().create(filterInputs({ name }));
  const said: string[] = [];
  await provider({ say: (text) => said.push(text) }).create(renamed({ name }));
  expect(await posthog.marked("actions", slug)).toMatchObject([{ name: `${name} (left behind, ${id})` }]);
  expect(await posthog.marked("actions", `${slug}-new`)).toMatchObject([{ name }]);
  expect(said).toEqual([expect.stringMatching(`left it behind.*filters/${slug}\\.yaml.*actions/${id}`)]);
});

test("filters pass their names around in a circle, all in one run", async () => {
  const slugs = [1, 2, 3].map((number) => `${slug}-${number}`);
  const inputsOf = (at: number, by: number) => {
    const own = slugs[at];
    return filterInputs({ slug: own, managed_by: `hogwire/dev/${own}`, name: slugs[(at + by) % 3] });
  };
  const first = provider();
  let states = await Promise.all(slugs.map((_own, at) => first.create(inputsOf(at, 0))));
  for (const by of [1, 2, 3]) {
    const run = provider(); // each run's own process
    await Promise.all(states.map(({ id, outs }) => run.read(id, outs)));
    states = await Promise.all(
      states.map(async ({ id, outs }, at) => ({ id, ...(await run.update(id, outs, inputsOf(at, by))) })),
    );
    const found = await Promise.all(slugs.map((own) => posthog.marked("actions", own)));
    expect(found.map(([row]) => [row?.id, row?.name])).toEqual(
      states.map(({ id }, at) => [Number(id), slugs[(at + by) % 3]]),
    );
  }
});

test("a group type that the project has not is refused before anything is sent", async () => {
  const properties = [{ key: "tier", value: "gold", type: "group", group_type: "team" }];
  await expect(provider().create(filterInputs({ steps: [{ properties }] }))).rejects.toThrow(
    /has no group type `team`; it has `company`/,
  );
  const asked = ["actions", "groups_types"].map((collection) => `GET /api/projects/1/${collection}/`);
  expect(await posthog.requests()).toEqual(asked);
});

test("takes no event any more when PostHog did not keep all of it, and keeps its id", () =>
  withFake(async (fake) => {
    const add = fake.actions.set.bind(fake.actions);
    const dropText = () => {
      fake.actions.set = add;
    };
    fake.actions.set = (id, row) => {
      dropText();
      return add(id, Object.assign(row, { steps: [{ event: "$autocapture", text: null }] }));
    };
    const steps = [{ event: "$autocapture", text: "Buy" }];
    const error = await provider()
      .create(filterInputs({ host: fake.url, steps }))
      .catch((reason: unknown) => reason);
    expect(fake.actions.get(1)?.steps).toMatchObject([{ event: "hogwire: takes no event" }]);
    expect(error).toMatchObject({
      id: "1",
      properties: { __provider: "loader", slug, written: { by: `hogwire/dev/${slug}` } },
      reasons: [expect.stringContaining("`steps.0.text`"), expect.stringContaining("takes no event")],
    });
  }));
