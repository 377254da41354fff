import fc from "fast-check";
import type { DestinationInputs } from "./destination.ts";

/** For tests: any lowered destination, in the normal form in which lowering leaves it. */
const text = fc.string({ minLength: 1, unit: "grapheme" });
const json = fc
  .jsonValue({ maxDepth: 3 })
  // JSON has no -0 and an input must not be null (contract §1.5).
  .map((value): unknown => JSON.parse(JSON.stringify(value)) ?? "");
const property = fc.record(
  {
    key: text,
    value: fc.oneof(text, fc.array(text, { minLength: 1 }), fc.integer()),
    operator: fc.constantFrom("icontains", "is_not", "gt"),
    type: fc.constantFrom("person", "group"),
    group_type_index: fc.nat(4),
  },
  { requiredKeys: ["key", "value"] },
);
const properties = fc.array(property, { minLength: 1, maxLength: 3 });
const event = fc.record({ id: text, properties }, { requiredKeys: ["id"] });
const filters = fc.record(
  {
    events: fc.oneof(fc.constant("all" as const), fc.array(event, { minLength: 1, maxLength: 3 })),
    properties,
    filter_test_accounts: fc.constant(true as const),
  },
  { requiredKeys: ["events"] },
);
const webhook = fc.record(
  {
    url: text,
    method: fc.constantFrom("PUT" as const, "PATCH" as const, "GET" as const, "DELETE" as const),
    headers: fc.dictionary(fc.stringMatching(/^X-[A-Za-z]{1,8}$/), text),
    body: json,
    signing_secret: text,
    secret_inputs: fc.shuffledSubarray(["url" as const, "headers" as const], { minLength: 1 }),
    debug: fc.constant(true as const),
  },
  { requiredKeys: ["url", "body"] },
);

export const destinationInputs: fc.Arbitrary<DestinationInputs> = fc
  .record(
    {
      slug: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
      name: fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }).filter((name) => name.trim() !== ""),
      description: text.filter((description) => description.trim() !== ""),
      enabled: fc.boolean(),
      filters,
      webhook,
    },
    { requiredKeys: ["slug", "name", "enabled", "filters", "webhook"] },
  )
  .map((lowered) => ({
    ...lowered,
    host: "https://us.posthog.com",
    project: "1",
    managed_by: `hogwire/dev/${lowered.slug}`,
  }));
