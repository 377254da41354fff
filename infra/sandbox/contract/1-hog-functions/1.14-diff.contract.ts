import { expect } from "vitest";
import { fact, untested } from "../contract.ts";

const body = {
  hog: "return event",
  description: "text",
  inputs_schema: [{ key: "a", type: "string", label: "A", required: false, secret: false, hidden: false }],
  inputs: { a: { value: "{event.event}" } },
  filters: { source: "events", events: [{ id: "a", type: "events" }] },
  masking: { ttl: 60, hash: "{person.id}" },
  mappings: null,
};

fact("1.14", "Beside what was sent, a function reads back only fields that a diff ignores", async (ph) => {
  const { fn } = await ph.create(body);
  const derived = [
    ...[
      "id",
      "created_at",
      "created_by",
      "updated_at",
      "bytecode",
      "transpiled",
      "template",
      "status",
      "version",
    ],
    ...["draft", "draft_updated_at", "batch_export_id", "execution_order", "search_match_type"],
  ];
  const rest = Object.keys(fn).filter((key) => !derived.includes(key));
  expect(rest.sort()).toEqual([...Object.keys(body), "name", "type", "enabled", "icon_url"].sort());
});

fact(
  "1.14",
  "What is derived inside: bytecode, order of inputs; bytecode of filters and masking; flags of the schema",
  async (ph) => {
    const { fn } = await ph.create(body);
    expect(
      Object.keys(fn.inputs.a)
        .filter((key) => key !== "bytecode_contract")
        .sort(),
    ).toEqual(["bytecode", "order", "value"]);
    expect(Object.keys(fn.filters).sort()).toEqual(["bytecode", "events", "source"]);
    expect(
      Object.keys(fn.masking)
        .filter((key) => key !== "threshold")
        .sort(),
    ).toEqual(["bytecode", "hash", "ttl"]);
    expect(fn.inputs_schema).toEqual(body.inputs_schema);
  },
);

fact("1.14", "Sending back what was read is no new version", async (ph) => {
  const { fn, patch } = await ph.create(body);
  expect((await patch(fn)).body.version).toBe(fn.version);
});

fact("1.14", "A recompile without an edit is no new version", async (ph) => {
  const name = `No version ${ph.marker}`;
  const { body: action } = await ph.api("POST", "actions/", { name, steps: [{ event: "before" }] });
  const { fn, get, patch } = await ph.create({
    filters: { actions: [{ id: String(action.id), type: "actions" }] },
  });
  await ph.api("PATCH", `actions/${action.id}/`, { steps: [{ event: "after" }] });
  expect((await get()).body.version).toBe(fn.version);
  expect((await patch({ description: "other" })).body.version).toBe(fn.version);
});

untested(
  "1.15",
  "PostHog's Terraform provider: what it strips, keeps, cannot clear and repeats",
  "about another program",
);
