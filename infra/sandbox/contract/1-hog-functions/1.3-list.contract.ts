import { expect } from "vitest";
import { fact, untested } from "../contract.ts";
import type { Row, Target } from "../target.ts";

/** The names of the run's functions that a query lists, in alphabetical order. */
async function found(ph: Target, query: string): Promise<string[]> {
  const { status, body } = await ph.api("GET", `hog_functions/?limit=500&${query}`);
  expect(status).toBe(200);
  const names: string[] = body.results.map(({ name }: Row) => String(name));
  return names
    .filter((name) => name.includes(ph.marker))
    .map((name) => name.split(" ")[0] ?? "")
    .sort();
}

fact("1.3", "A page has 100 rows unless `limit` says otherwise; `next` leads to the rest", async (ph) => {
  for (let count = 0; count < 101; count++) await ph.create();
  const first = (await ph.api("GET", "hog_functions/")).body;
  expect(first.results).toHaveLength(100);
  expect(first.previous).toBeNull();
  expect(first.count).toBeGreaterThan(100);
  const next = new URL(first.next);
  expect(next.searchParams.get("offset")).toBe("100");
  const second = (await ph.call("GET", next.pathname + next.search)).body;
  expect(second.previous).toEqual(expect.any(String));
  const ids = new Set([...first.results, ...second.results].map(({ id }: Row) => id));
  expect(ids.size).toBe(first.results.length + second.results.length);
  const all = (await ph.api("GET", `hog_functions/?limit=${first.count}`)).body;
  expect(all.results).toHaveLength(first.count);
  expect(all.next).toBeNull();
});

untested("1.3", "No largest `limit` was seen", "unverified; the sandbox has none", "unverified");

fact("1.3", "The order is by execution_order, then newest `updated_at` first", async (ph) => {
  const a = await ph.create();
  const b = await ph.create();
  const place = async () => {
    const { results } = (await ph.api("GET", "hog_functions/?limit=500")).body;
    return [a, b].map(({ fn }) => results.findIndex(({ id }: Row) => id === fn.id));
  };
  const [aBefore = 0, bBefore = 0] = await place();
  expect(bBefore).toBeLessThan(aBefore);
  await a.patch({ description: "touched" });
  const [aAfter = 0, bAfter = 0] = await place();
  expect(aAfter).toBeLessThan(bAfter);
});

fact(
  "1.3",
  "A row moves to the front when it is written to, so a page read during writes misses rows",
  async (ph) => {
    const rows = [await ph.create(), await ph.create(), await ph.create()];
    const [oldest] = rows;
    const ids = async (query: string) =>
      (await ph.api("GET", `hog_functions/?${query}`)).body.results.map(({ id }: Row) => id);
    const first = await ids("limit=2");
    await oldest?.patch({ description: "touched" });
    const second = await ids("limit=2&offset=2");
    expect(first).not.toContain(oldest?.fn.id);
    expect(second).not.toContain(oldest?.fn.id);
  },
);

const reduced = [
  ...[
    "id",
    "type",
    "name",
    "description",
    "created_at",
    "created_by",
    "updated_at",
    "enabled",
    "hog",
    "filters",
  ],
  ...["icon_url", "template", "status", "execution_order", "draft_updated_at"],
];

fact(
  "1.3",
  "A row is reduced: no inputs, inputs_schema, masking, mappings, version, bytecode",
  async (ph) => {
    const { fn } = await ph.create();
    const [row] = (await ph.api("GET", `hog_functions/?id=${fn.id}`)).body.results;
    expect(
      Object.keys(row)
        .filter((key) => key !== "search_match_type")
        .sort(),
    ).toEqual(reduced.sort());
  },
);

fact("1.3", "?full=true, exactly that, gives the whole function", async (ph) => {
  const { fn, get } = await ph.create();
  const row = async (full: string) =>
    (await ph.api("GET", `hog_functions/?id=${fn.id}&full=${full}`)).body.results[0];
  expect(await row("true")).toMatchObject({ ...(await get()).body, status: expect.anything() });
  for (const almost of ["True", "1", "false"]) expect(await row(almost)).not.toHaveProperty("inputs");
});

fact("1.3", "`type` takes a list with commas; without it all types are listed", async (ph) => {
  await ph.create({ name: `Types-a ${ph.marker}` });
  await ph.create({ name: `Types-b ${ph.marker}`, type: "internal_destination" });
  const types = async (query: string) => (await found(ph, query)).filter((name) => name.startsWith("Types-"));
  expect(await types("type=destination")).toEqual(["Types-a"]);
  expect(await types("type=internal_destination")).toEqual(["Types-b"]);
  expect(await types("type=destination,internal_destination")).toEqual(["Types-a", "Types-b"]);
  expect(await types("")).toEqual(["Types-a", "Types-b"]);
});

fact("1.3", "`enabled` takes true and false", async (ph) => {
  const filters = { events: [{ id: ph.marker, type: "events" }] };
  await ph.create({ name: `On-a ${ph.marker}`, enabled: true, filters });
  await ph.create({ name: `On-b ${ph.marker}` });
  const on = async (query: string) => (await found(ph, query)).filter((name) => name.startsWith("On-"));
  expect(await on("enabled=true")).toEqual(["On-a"]);
  expect(await on("enabled=false")).toEqual(["On-b"]);
});

fact("1.3", "`id` lists one function", async (ph) => {
  const { fn } = await ph.create();
  const { results } = (await ph.api("GET", `hog_functions/?id=${fn.id}`)).body;
  expect(results.map(({ id }: Row) => id)).toEqual([fn.id]);
});

fact("1.3", "`created_by`, `created_at` and `updated_at` filter too", async (ph) => {
  const { fn } = await ph.create();
  const count = async (query: string) =>
    (await ph.api("GET", `hog_functions/?id=${fn.id}&${query}`)).body.count;
  expect(await count(`created_by=${fn.created_by.id}`)).toBe(1);
  expect(await count(`created_at=${encodeURIComponent(fn.created_at)}`)).toBe(1);
  expect(await count("created_at=2001-01-01T00:00:00Z")).toBe(0);
  expect(await count(`updated_at=${encodeURIComponent(fn.updated_at)}`)).toBe(1);
  expect(await count("updated_at=2001-01-01T00:00:00Z")).toBe(0);
});

fact(
  "1.3",
  "`search` looks at name and description, whatever the case, and rows tell how they matched",
  async (ph) => {
    await ph.create({ name: `Aardvarks ${ph.marker}` });
    await ph.create({ name: `Search-b ${ph.marker}`, description: "all about aardvarks" });
    await ph.create({ name: `Search-c ${ph.marker}`, description: "of something else" });
    expect(await found(ph, "search=AARDVARKS")).toEqual(["Aardvarks", "Search-b"]);
    const { results } = (await ph.api("GET", "hog_functions/?search=aardvarks")).body;
    expect(results[0].search_match_type).toEqual(expect.any(String));
  },
);

fact("1.3", "`search` over 200 characters is a 400 about `search`", async (ph) => {
  expect((await ph.api("GET", `hog_functions/?search=${"x".repeat(200)}`)).status).toBe(200);
  const answer = await ph.api("GET", `hog_functions/?search=${"x".repeat(201)}`);
  expect(answer).toMatchObject({ status: 400, body: { attr: "search" } });
});

fact("1.3", "The search is by trigrams: what nothing contains is looked for by likeness", async (ph) => {
  await ph.create({ name: `Wombats ${ph.marker}` });
  expect(await found(ph, "search=Wombatz")).toEqual(["Wombats"]);
  const { results } = (await ph.api("GET", "hog_functions/?search=Wombatz")).body;
  expect(results[0].search_match_type).toBe("similar");
});

const filtersOf = (id: string) => JSON.stringify({ events: [{ id }] });

fact("1.3", "`filters` lists the functions whose filters contain it", async (ph) => {
  const events = [{ id: `${ph.marker}-f`, name: "any", type: "events" }];
  await ph.create({ name: `Filters-a ${ph.marker}`, filters: { events } });
  await ph.create({ name: `Filters-b ${ph.marker}` });
  expect(await found(ph, `filters=${encodeURIComponent(filtersOf(`${ph.marker}-f`))}`)).toEqual([
    "Filters-a",
  ]);
  expect(await found(ph, `filters=${encodeURIComponent(filtersOf(`${ph.marker}-none`))}`)).toEqual([]);
});

fact(
  "1.3",
  "`filter_groups` lists those that contain one of several; what is no JSON is a 400",
  async (ph) => {
    for (const one of ["g", "h", "i"]) {
      const events = [{ id: `${ph.marker}-${one}`, type: "events" }];
      await ph.create({ name: `Group-${one} ${ph.marker}`, filters: { events } });
    }
    const groups = `[${filtersOf(`${ph.marker}-g`)},${filtersOf(`${ph.marker}-i`)}]`;
    expect(await found(ph, `filter_groups=${encodeURIComponent(groups)}`)).toEqual(["Group-g", "Group-i"]);
    expect((await ph.api("GET", "hog_functions/?filter_groups=nothing")).status).toBe(400);
  },
);

untested(
  "1.3",
  "Functions of type warehouse_source_webhook are never listed",
  "the API makes none: a POST of one is a 400 (§1.4)",
);

fact("1.3", "Neither `name` nor `template_id` filters: they are ignored", async (ph) => {
  const { fn } = await ph.create();
  for (const query of ["name=nobody", "template_id=template-none"]) {
    expect((await ph.api("GET", `hog_functions/?id=${fn.id}&${query}`)).body.count).toBe(1);
  }
});

fact("1.3", "Names are not unique, and a POST repeated makes a second function", async (ph) => {
  const body = { name: `Twice ${ph.marker}` };
  const [one, two] = [await ph.create(body), await ph.create(body)];
  expect(one.fn.id).not.toBe(two.fn.id);
  expect(await found(ph, "")).toEqual(expect.arrayContaining(["Twice", "Twice"]));
});
