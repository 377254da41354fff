import { describe, expect, test } from "vitest";
import { type Json, ManualClock, sandbox } from "../test-support.ts";

// How a client reads the list (contract §1.3).

const code = { hog: "return event" };
const signUp = { id: "sign_up", type: "events" };

async function listed() {
  const clock = new ManualClock();
  const ann = { id: 2, first_name: "Ann", email: "ann@acme.example" };
  const running = await sandbox({ clock, keys: { phx_ann: { scopes: ["*"], user: ann } } });
  const create = (body: Json, key = "phx_sandbox") => {
    clock.advance(1_000);
    const headers = { authorization: `Bearer ${key}` };
    return running.call("POST", "/api/projects/1/hog_functions/", { ...code, ...body }, headers);
  };
  await create({
    name: "Alpha",
    enabled: true,
    filters: { events: [signUp, { id: "other", type: "events" }] },
  });
  await create({ name: "Beta", description: "tells alpha" }, "phx_ann");
  const gamma = await create({
    name: "Gamma rays",
    type: "internal_destination",
    filters: { events: [signUp] },
  });
  const ask = (query: string) => running.api("GET", `hog_functions/?${query}`);
  const names = async (query: string) => (await ask(query)).body.results.map(({ name }: Json) => name).sort();
  return { ...running, create, ask, names, gamma: gamma.body };
}

test("is reduced unless it is asked in full, and exactly so", async () => {
  const { ask, gamma } = await listed();
  const [row] = (await ask("full=True")).body.results;
  for (const key of ["inputs", "inputs_schema", "masking", "mappings", "version", "bytecode"]) {
    expect(row).not.toHaveProperty(key);
  }
  expect((await ask("full=true")).body.results[0]).toEqual(gamma);
});

test("is narrowed by type, enabled, user, id and times; what is empty narrows nothing", async () => {
  const { names, gamma } = await listed();
  const all = ["Alpha", "Beta", "Gamma rays"];
  const narrowed: [string, string[]][] = [
    ["", all],
    ["type=&enabled=&id=&created_by=&search=&filters=", all],
    ["enabled=maybe", all],
    ["type=destination", ["Alpha", "Beta"]],
    ["type=destination,internal_destination", all],
    ["type=warehouse_source_webhook", []],
    ["enabled=true", ["Alpha"]],
    ["enabled=False", ["Beta", "Gamma rays"]],
    ["created_by=2", ["Beta"]],
    [`id=${gamma.id}`, ["Gamma rays"]],
    [`created_at=${gamma.created_at}`, ["Gamma rays"]],
    [`updated_at=${encodeURIComponent("2026-01-01T01:00:03+01:00")}`, ["Gamma rays"]],
  ];
  for (const [query, expected] of narrowed) expect([query, await names(query)]).toEqual([query, expected]);
});

test("shows whose each is", async () => {
  const { ask } = await listed();
  const owners = (await ask("")).body.results.map(({ created_by }: { created_by: Json }) => created_by.email);
  expect(owners).toEqual(["sandbox@localhost.example", "ann@acme.example", "sandbox@localhost.example"]);
});

describe("by parts of filters", () => {
  const json = (value: unknown) => encodeURIComponent(JSON.stringify(value));

  test("shows those that contain them, or any of them", async () => {
    const { names } = await listed();
    expect(await names(`filters=${json({ events: [signUp] })}`)).toEqual(["Alpha", "Gamma rays"]);
    expect(await names(`filters=${json({ events: [{ id: "sign_up" }, { id: "other" }] })}`)).toEqual([
      "Alpha",
    ]);
    const groups = [{ events: [{ id: "other" }] }, { source: "internal-events" }, {}];
    expect(await names(`filter_groups=${json(groups)}`)).toEqual(["Alpha", "Gamma rays"]);
    expect(
      await names(`filter_groups=${json(groups.slice(0, 1))}&filters=${json({ events: [signUp] })}`),
    ).toEqual(["Alpha", "Gamma rays"]);
    expect(await names(`filters=${json({ events: { id: "sign_up" } })}`)).toEqual([]);
  });
});

const refused: [query: string, attr: string, code: string, detail: string][] = [
  [`search=${"x".repeat(201)}`, "search", "invalid_input", "Search query must be 200 characters or fewer."],
  ["filter_groups={", "filter_groups", "invalid_input", "Invalid filter_groups"],
  ["filter_groups={}", "filter_groups", "invalid_input", "Invalid filter_groups"],
  ["filters={", "filters", "invalid_input", "Invalid filters"],
  ["id=one", "id", "invalid_input", "Enter a valid UUID."],
  [
    "created_by=9",
    "created_by",
    "invalid_choice",
    "Select a valid choice. That choice is not one of the available choices.",
  ],
  ["updated_at=then", "updated_at", "invalid_input", "Enter a valid date/time."],
];

test.each(refused)("refuses %s", async (query, attr, errorCode, detail) => {
  const { ask } = await listed();
  expect(await ask(query)).toMatchObject({ status: 400, body: { attr, code: errorCode, detail } });
});

describe("a search", () => {
  const found = async (query: string) => {
    const { ask } = await listed();
    return (await ask(query)).body.results.map(({ name, search_match_type }: Json) => [
      name,
      search_match_type,
    ]);
  };

  test("takes what contains the term, names before descriptions", async () => {
    expect(await found("search=ALPHA")).toEqual([
      ["Alpha", "exact"],
      ["Beta", "exact"],
    ]);
  });

  test("takes what resembles it only when nothing contains it", async () => {
    expect(await found("search=Gama")).toEqual([["Gamma rays", "similar"]]);
    expect(await found("search=zzzz")).toEqual([]);
  });

  test("is of what the other filters leave", async () => {
    expect(await found("search=alpha&enabled=false")).toEqual([["Beta", "exact"]]);
  });
});

describe("pages", () => {
  test("are of 100 unless told, and linked", async () => {
    const { ask, create } = await listed();
    for (let count = 0; count < 99; count++) await create({ name: `more ${count}` });
    const first = (await ask("")).body;
    expect([first.count, first.results.length, first.previous]).toEqual([102, 100, null]);
    expect(new URL(first.next).search).toBe("?limit=100&offset=100");
    expect((await ask("limit=300")).body).toMatchObject({ count: 102, next: null });
    const last = (await ask("limit=50&offset=100&enabled=false")).body;
    expect(last.results).toHaveLength(1);
    expect(new URL(last.previous).search).toBe("?limit=50&offset=50&enabled=false");
  });

  test("are in an order that moves under writes: one row is missed and another seen twice", async () => {
    const { ask, api } = await listed();
    const names = (page: Json) => (page.results as Json[]).map(({ name }) => name);
    const first = (await ask("limit=2")).body;
    expect(names(first)).toEqual(["Gamma rays", "Beta"]);
    const [{ id }] = (await ask("limit=1&offset=2")).body.results;
    await api("PATCH", `hog_functions/${id}/`, { description: "touched" });
    expect(names((await ask("limit=2&offset=2")).body)).toEqual(["Beta"]);
  });
});
