import { expect } from "vitest";
import type { Json } from "../../test-support.ts";
import { sandbox } from "../../test-support.ts";
import { fact, untested } from "../contract.ts";
import type { Target } from "../target.ts";

const everything = { source: "events", bytecode: ["_H", 1, 29] };
const cohort = { properties: [{ key: "id", value: 1, type: "cohort" }] };

async function readBack(ph: Target, filters: unknown, rest: Json = {}) {
  return (await ph.create({ filters, ...rest })).fn.filters;
}

fact(
  "1.8",
  "`source` is events, person-updates, data-warehouse-table or data-warehouse-view; another is a 400",
  async (ph) => {
    for (const source of ["events", "person-updates", "data-warehouse-table", "data-warehouse-view"]) {
      expect((await readBack(ph, { source })).source).toBe(source);
    }
    const body = { name: ph.marker, hog: "return 1", filters: { source: "all" } };
    expect(await ph.api("POST", "hog_functions/", body)).toMatchObject({
      status: 400,
      body: { attr: "filters__source", code: "invalid_choice" },
    });
  },
);

fact("1.8", "An internal_destination has the source internal-events, whatever is sent", async (ph) => {
  for (const source of ["events", "person-updates", undefined]) {
    const filters = await readBack(ph, { source }, { type: "internal_destination" });
    expect(filters.source).toBe("internal-events");
  }
});

fact("1.8", "`source` is events where it is left out", async (ph) => {
  expect((await readBack(ph, { properties: [] })).source).toBe("events");
});

fact("1.8", "Unknown keys at the top are dropped, unknown keys in an item stay", async (ph) => {
  const events = [{ id: "a", type: "events", custom: { deep: 1 } }];
  const filters = await readBack(ph, { events, event: ["b"], propertys: [] });
  expect(filters).toEqual({ source: "events", events, bytecode: expect.any(Array) });
});

fact("1.8", "`events`, `actions`, `data_warehouse` and `properties` are lists of objects", async (ph) => {
  for (const key of ["events", "actions", "data_warehouse", "properties"]) {
    for (const value of ["a", ["a"], { a: 1 }]) {
      const body = { name: ph.marker, hog: "return 1", filters: { [key]: value } };
      const { status, body: answer } = await ph.api("POST", "hog_functions/", body);
      expect([status, answer.attr], JSON.stringify(value)).toEqual([
        400,
        expect.stringMatching(`^filters__${key}`),
      ]);
    }
  }
});

fact("1.8", "`filter_test_accounts` is a boolean", async (ph) => {
  expect((await readBack(ph, { filter_test_accounts: false })).filter_test_accounts).toBe(false);
  const body = { name: ph.marker, hog: "return 1", filters: { filter_test_accounts: "perhaps" } };
  expect((await ph.api("POST", "hog_functions/", body)).status).toBe(400);
});

fact("1.8", "An event whose id is null is every event", async (ph) => {
  const events = [{ id: null, name: "All events", type: "events", order: 0 }];
  const filters = await readBack(ph, { events });
  expect(filters.events).toEqual(events);
  expect(filters.bytecode).toEqual(everything.bytecode);
});

fact("1.8", "An item without a `type` is compiled without its event: to every event", async (ph) => {
  expect((await readBack(ph, { events: [{ id: ph.marker }] })).bytecode).toEqual(everything.bytecode);
});

fact("1.8", "An action is named by its number as a text, and is compiled in", async (ph) => {
  const name = `Compiled in ${ph.marker}`;
  const { body: action } = await ph.api("POST", "actions/", { name, steps: [{ event: "of the action" }] });
  const filters = await readBack(ph, {
    actions: [{ id: String(action.id), name, type: "actions", order: 0 }],
  });
  expect(filters.bytecode).toContain("of the action");
});

const lists = { events: [{ id: "a", type: "events" }], actions: [], data_warehouse: [], properties: [] };
const kept: [string, string[]][] = [
  ["events", ["actions", "events", "properties"]],
  ["person-updates", ["properties"]],
  ["data-warehouse-table", ["data_warehouse", "properties"]],
  ["data-warehouse-view", ["data_warehouse", "properties"]],
];
for (const [source, keys] of kept) {
  fact("1.8", `The source ${source} keeps only ${keys.join(", ")}`, async (ph) => {
    const filters = await readBack(ph, { source, ...lists });
    expect(
      Object.keys(filters)
        .filter((key) => key in lists)
        .sort(),
    ).toEqual(keys);
  });
}

fact("1.8", "Mappings that are not null take `events` and `actions` out of the filters", async (ph) => {
  const filters = { events: [{ id: "a", type: "events" }], actions: [] };
  expect(await readBack(ph, filters, { mappings: [{}] })).toEqual(everything);
  expect(await readBack(ph, filters, { mappings: null })).toMatchObject(filters);
});

fact("1.8", "{} reads back as a filter that takes every event", async (ph) => {
  expect(await readBack(ph, {})).toEqual(everything);
});

fact("1.8", "A client's bytecode is ignored", async (ph) => {
  expect(
    (await readBack(ph, { events: [{ id: "a", type: "events" }], bytecode: ["_H", 1, 29] })).bytecode,
  ).toContain("a");
});

fact("1.8", "A filter that does not compile is a 400 on a function that would be on", async (ph) => {
  const filters = { events: [{ id: ph.marker, type: "events" }], ...cohort };
  const body = { name: ph.marker, hog: "return 1", enabled: true, filters };
  expect(await ph.api("POST", "hog_functions/", body)).toMatchObject({
    status: 400,
    body: { detail: expect.stringMatching(/^Invalid filter configuration: /) },
  });
});

fact("1.8", "Its attr is filters__non_field_errors", { certainty: "inferred" }, async (ph) => {
  const filters = { events: [{ id: ph.marker, type: "events" }], ...cohort };
  const body = { name: ph.marker, hog: "return 1", enabled: true, filters };
  expect((await ph.api("POST", "hog_functions/", body)).body.attr).toBe("filters__non_field_errors");
});

fact(
  "1.8",
  "On a function that is off or being deleted it is saved, without bytecode and with the error",
  async (ph) => {
    const { fn, patch } = await ph.create({ filters: cohort });
    expect(fn.filters).toMatchObject({ bytecode: null, bytecode_error: expect.any(String) });
    expect((await patch({ deleted: true })).status).toBe(200);
  },
);

fact("1.8", "An action that nobody has does not compile, nor does a cohort", async (ph) => {
  for (const filters of [{ actions: [{ id: "2147483647", type: "actions" }] }, cohort]) {
    expect((await readBack(ph, filters)).bytecode).toBeNull();
  }
});

fact("1.8", "A test-account filter with a cohort does not compile", { needs: "sandbox" }, async () => {
  const { api } = await sandbox({
    project: { testAccountFilters: [{ key: "id", value: 1, type: "cohort" }] },
  });
  const { body } = await api("POST", "hog_functions/", {
    hog: "return 1",
    filters: { filter_test_accounts: true },
  });
  expect(body.filters.bytecode).toBeNull();
});

fact(
  "1.8",
  "Saving an action moves bytecode and `updated_at` of the functions that use it, not their version",
  async (ph) => {
    const name = `Moving ${ph.marker}`;
    const { body: action } = await ph.api("POST", "actions/", { name, steps: [{ event: "before" }] });
    const { fn, get } = await ph.create({
      filters: { actions: [{ id: String(action.id), type: "actions" }] },
    });
    await ph.api("PATCH", `actions/${action.id}/`, { steps: [{ event: "after" }] });
    const after = (await get()).body;
    expect(after.filters.bytecode).toContain("after");
    expect(after.version).toBe(fn.version);
    expect(Date.parse(after.updated_at)).toBeGreaterThanOrEqual(Date.parse(fn.updated_at));
  },
);

fact(
  "1.8",
  "Saving the team's test-account filters does the same to the functions that ask for them",
  { needs: "sandbox" },
  async () => {
    const { api, call } = await sandbox();
    const body = { hog: "return 1", filters: { filter_test_accounts: true } };
    const { body: fn } = await api("POST", "hog_functions/", body);
    const email = { key: "email", value: "@acme.example", operator: "not_icontains", type: "person" };
    await call("PUT", "/_sandbox/test-account-filters", [email]);
    const after = (await api("GET", `hog_functions/${fn.id}/`)).body;
    expect(after.filters.bytecode).toContain("%@acme.example%");
    expect(after.version).toBe(fn.version);
  },
);

untested("1.8", "Saving a cohort does the same", "the sandbox has no cohorts");
