import fc from "fast-check";
import { expect, test } from "vitest";
import { startSandbox } from "../../sandbox/server.ts";
import {
  anyTemplate,
  arbitraryDestination,
  arbitraryEventFilter,
  groupNames,
  type KnownAction,
} from "../../wire/accepted-inputs.ts";
import type { Properties } from "../inputs.ts";
import { byHand, createEngine, type PostHogByHand } from "../testing.ts";
import { copy, unmark } from "./by-hand.ts";
import { type Collection, lasting, type Row, rowsIn } from "./rows.ts";

// Whatever is done in whatever order, PostHog has one object for each file, as the file says, and nothing else is touched.
// `npm test` tries some sequences, always the same; `LONG=1` many more, each time others. A failure names its seed and path.
const long = process.env.LONG === "1";
const numRuns = long ? 1_000 : 100;
const actions: KnownAction[] = [
  { filter: "paying", id: "1" },
  { filter: "trial", id: "2" },
];

/** What must be in PostHog: `gone` by somebody's hand, `lost` from state as by a killed run. */
type Expected = { file: Properties; is: "as written" | "touched" | "gone" | "lost" };
type Model = { expected: Map<string, Expected>; copies: Set<string> };
type Real = {
  host: string;
  posthog: PostHogByHand;
  engines: Map<string, ReturnType<typeof createEngine>>;
  /** Nobody's of ours, each as it must stay. */
  others: { collection: Collection; row: Row; slug?: string; stays: string }[];
};
type Command = fc.AsyncCommand<Model, Real>;

const kinds = {
  d: { kind: "destination", collection: "hog_functions", spec: arbitraryDestination(actions) },
  f: { kind: "event-filter", collection: "actions", spec: arbitraryEventFilter },
} as const;
type Slug = keyof typeof kinds;
const slugs: Slug[] = ["d", "f"];

const doings: [what: string, on: Collection, change: (row: Row) => object][] = [
  ["rename", "hog_functions", () => ({ name: "Theirs" })],
  ["describe", "hog_functions", ({ description }) => ({ description: `Look here\n\n${description}` })],
  ["unmark", "hog_functions", () => ({ description: "" })],
  ["turn on or off", "hog_functions", ({ enabled }) => ({ enabled: enabled !== true })],
  ["filter", "hog_functions", () => ({ filters: { events: [{ id: "theirs", type: "events", order: 0 }] } })],
  ["mask", "hog_functions", () => ({ masking: { ttl: 61, hash: "theirs" } })],
  ["add an input", "hog_functions", withAnInput],
  ["other code", "hog_functions", () => ({ hog: "return 'theirs'" })],
  ["rename", "actions", () => ({ name: "Theirs" })],
  ["unmark", "actions", () => ({ description: "" })],
  ["other steps", "actions", () => ({ steps: [{ event: "theirs" }, { event: "$pageview" }] })],
];

const commands: fc.Arbitrary<Command>[] = [
  fc.constantFrom(...slugs).chain((slug) => kinds[slug].spec.map((spec) => write(slug, spec))),
  fc.constantFrom(...slugs).map(again),
  fc.constantFrom(...slugs).map(removeFile),
  fc.constantFrom(...slugs).map(loseState),
  fc.constantFrom(...doings).map(([what, collection, change]) => touch(what, collection, change)),
  fc.constantFrom(...slugs).map(deleteByHand),
  fc.constantFrom(...slugs).map(copyByHand),
  fc.constantFrom(...slugs).map(unmarkCopies),
  fc.constantFrom(...slugs).map(adopt),
];

test("any sequence of edits, runs and people's doings leaves one object for each file", {
  timeout: long ? 3_600_000 : 300_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { size: "+1" }), async (sequence) => {
      const sandbox = await startSandbox({
        port: 0,
        data: ":memory:",
        groupTypes: groupNames,
        templates: [anyTemplate],
      });
      try {
        const posthog = byHand(sandbox);
        for (const { filter } of actions)
          await posthog.api("POST", "actions/", { name: filter, steps: [{ event: filter }] });
        const engines = new Map(slugs.map((slug) => [slug as string, createEngine()]));
        const real: Real = { host: sandbox.url, posthog, engines, others: [] };
        const model: Model = { expected: new Map(), copies: new Set() };
        await fc.asyncModelRun(() => ({ model, real }), sequence);
      } finally {
        await sandbox.close();
      }
    }),
    long ? { numRuns } : { numRuns, seed: 20_261_125 },
  );
});

function write(slug: Slug, spec: object): Command {
  return command(`write ${slug} ${JSON.stringify(spec)}`, isNotOnlyCopied(slug), async (model, real) => {
    await run(slug, { ...placeOf(slug, real), ...spec }, model, real);
  });
}

/** A copy whose original went with its file would be taken for what a killed run left: nothing tells the two apart. */
function isNotOnlyCopied(slug: Slug) {
  return ({ expected, copies }: Readonly<Model>) => expected.has(slug) || !copies.has(slug);
}

function again(slug: Slug): Command {
  return command(
    `run ${slug} again`,
    ({ expected }) => expected.has(slug),
    async (model, real) => {
      const { file = {} } = model.expected.get(slug) ?? {};
      await run(slug, file, model, real);
    },
  );
}

function removeFile(slug: Slug): Command {
  const isThere = ({ expected }: Model) => ![undefined, "lost"].includes(expected.get(slug)?.is);
  return command(`remove ${slug}`, isThere, async (model, real) => {
    await engineOf(slug, real).up(undefined);
    model.expected.delete(slug);
    expect(await oursIn(slug, real)).toEqual([]);
  });
}

function loseState(slug: Slug): Command {
  const isThere = ({ expected }: Model) => ["as written", "lost"].includes(expected.get(slug)?.is ?? "");
  return command(`lose the state of ${slug}`, isThere, async (model, real) => {
    real.engines.set(slug, createEngine());
    expectOf(slug, model).is = "lost";
  });
}

function touch(what: string, collection: Collection, change: (row: Row) => object): Command {
  const slug = collection === "actions" ? "f" : "d";
  const isThere = ({ expected }: Model) => ["as written", "touched"].includes(expected.get(slug)?.is ?? "");
  return command(`${what} ${slug} by hand`, isThere, async (model, real) => {
    const { id } = engineOf(slug, real);
    const row = (await rowsIn(real.posthog, collection)).find((one) => String(one.id) === id);
    if (!row) throw new Error(`${slug} is not there`);
    const more = collection === "hog_functions" ? { mappings: null } : {};
    await real.posthog.api("PATCH", `${collection}/${id}/`, { ...more, ...change(row) });
    expectOf(slug, model).is = "touched";
  });
}

function deleteByHand(slug: Slug): Command {
  // Only the copy would be left, see `isNotOnlyCopied`; and of what was adopted the file asks for more than can be done.
  const isThere = ({ expected, copies }: Model) =>
    !copies.has(slug) &&
    !expected.get(slug)?.file.adopt &&
    ["as written", "touched"].includes(expected.get(slug)?.is ?? "");
  return command(`delete ${slug} by hand`, isThere, async (model, real) => {
    await real.posthog.api("PATCH", `${kinds[slug].collection}/${engineOf(slug, real).id}/`, {
      deleted: true,
    });
    expectOf(slug, model).is = "gone";
  });
}

function copyByHand(slug: Slug): Command {
  const isThere = ({ expected }: Model) => expected.get(slug)?.is === "as written";
  return command(`copy ${slug} by hand`, isThere, async (model, real) => {
    const { collection } = kinds[slug];
    const [row] = await oursIn(slug, real);
    if (!row) throw new Error(`${slug} is not there`);
    const copied = await copy(real.posthog, `Copy ${real.others.length}`, collection, row);
    real.others.push({ collection, row: copied, slug, stays: lasting(copied) });
    model.copies.add(slug);
  });
}

/** As the refusal says. */
function unmarkCopies(slug: Slug): Command {
  return command(
    `unmark the copies of ${slug}`,
    ({ copies }) => copies.has(slug),
    async (model, real) => {
      for (const other of real.others.filter((one) => one.slug === slug)) {
        const { collection, row } = other;
        await unmark(real.posthog, collection, row);
        const now = (await rowsIn(real.posthog, collection)).find(({ id }) => id === row.id);
        if (now) other.stays = lasting(now);
      }
      model.copies.delete(slug);
    },
  );
}

/** A webhook that somebody made, or an action, gets a file. */
function adopt(slug: Slug): Command {
  const isNew = ({ expected, copies }: Model) => !expected.has(slug) && !copies.has(slug);
  return command(`adopt ${slug}`, isNew, async (model, real) => {
    const { collection } = kinds[slug];
    const name = `Adopted ${slug}`;
    const steps = [{ event: "x" }];
    const inputs = { url: { value: "https://theirs.example" } };
    const theirs = { name, template_id: "template-webhook", inputs, steps };
    const made = await real.posthog.api("POST", `${collection}/`, theirs);
    const id = String(made.id);
    const spec =
      slug === "f"
        ? { name, steps: [{ event: "user_signed_up" }] }
        : {
            name,
            enabled: true,
            filters: { events: "all" },
            webhook: { url: "https://a.example", body: {} },
          };
    await run(slug, { ...placeOf(slug, real), ...spec, adopt: id }, model, real);
    expect(engineOf(slug, real).id).toBe(id);
  });
}

/** The file is applied, once and again. */
async function run(slug: Slug, file: Properties, model: Model, real: Real): Promise<void> {
  const engine = engineOf(slug, real);
  const before = model.expected.get(slug);
  const isCopied = model.copies.has(slug);
  const [found] = await oursIn(slug, real);
  if (isCopied && engine.id === undefined && (before || !file.adopt))
    return refused(engine, file, slug, real);

  const operation = await engine.up(file);
  if (before?.is === "as written" || before?.is === "touched")
    expect(["same", "update", "replace"]).toContain(operation);
  else expect(operation).toBe("create");
  if (before?.is === "touched" && !isCopied && isSameFile(before.file, file))
    expect(operation).toBe("update");
  if (before?.is === "lost" && isSameFile(before.file, file)) expect(engine.id).toBe(String(found?.id));
  model.expected.set(slug, { file, is: "as written" });

  const seen = await engine.refresh();
  if (!isCopied) {
    expect(seen).toEqual(file);
    expect(await engine.up(file)).toBe("same");
  } else expect(seen).toMatchObject({ copies: expect.anything() });
  expect((await oursIn(slug, real)).map(({ id }) => String(id))).toEqual([engine.id]);
}

/** There are two with its marker, and nothing tells which is the copy. */
async function refused(engine: ReturnType<typeof createEngine>, file: Properties, slug: Slug, real: Real) {
  const before = await rowsIn(real.posthog, kinds[slug].collection);
  await expect(engine.up(file)).rejects.toThrow(/carr(y|ies) the .*marker/);
  expect(await rowsIn(real.posthog, kinds[slug].collection)).toEqual(before);
}

function command(
  name: string,
  check: (model: Readonly<Model>) => boolean,
  act: (model: Model, real: Real) => Promise<void>,
): Command {
  return {
    check: (model) => check(model),
    async run(model, real) {
      await act(model, real);
      for (const { collection, row, stays } of real.others) {
        const now = (await rowsIn(real.posthog, collection)).find(({ id }) => id === row.id);
        expect(now && lasting(now), `${collection} ${row.id}, which is not ours`).toBe(stays);
      }
    },
    toString: () => name,
  };
}

function placeOf(slug: Slug, { host }: Real): Properties {
  const managed_by = `hogwire/dev/${slug}`;
  return { kind: kinds[slug].kind, slug, host, project: "1", managed_by, __provider: "loader" };
}

function engineOf(slug: Slug, { engines }: Real) {
  const engine = engines.get(slug);
  if (!engine) throw new Error(`no engine for ${slug}`);
  return engine;
}

function expectOf(slug: Slug, { expected }: Model): Expected {
  const known = expected.get(slug);
  if (!known) throw new Error(`no file ${slug}`);
  return known;
}

/** Alive, with its marker, and no copy. */
async function oursIn(slug: Slug, { posthog, others }: Real): Promise<Row[]> {
  const { collection } = kinds[slug];
  const rows = await rowsIn(posthog, collection);
  const isOther = (row: Row) =>
    others.some((other) => other.collection === collection && other.row.id === row.id);
  return rows.filter(
    (row) => !isOther(row) && String(row.description).includes(`[hogwire:hogwire/dev/${slug}]`),
  );
}

function isSameFile(left: Properties, right: Properties): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function withAnInput({ inputs, inputs_schema }: Row): object {
  const schema = Array.isArray(inputs_schema) ? inputs_schema : [];
  return {
    inputs: { ...(inputs as object), theirs: { value: "theirs" } }, // PostHog's JSON
    inputs_schema: [...schema, { key: "theirs", type: "string" }],
  };
}
