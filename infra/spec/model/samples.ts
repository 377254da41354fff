import { z } from "zod";
import { described } from "./described.ts";

const properties = z.record(z.string(), z.unknown()).optional();

const person = z.strictObject({
  id: described(z.string().optional(), "the person's uuid", "01900000-0000-7000-8000-000000000001"),
  properties: described(properties, "the person's properties", { email: "someone@example.com" }),
});

const group = {
  id: described(z.string().optional(), "the group's key", "acme"),
  properties: described(properties, "the group's properties", { tier: "enterprise" }),
};

const event = z.strictObject({
  event: described(z.string().min(1), "the event's name", "user_signed_up"),
  uuid: described(z.string().optional(), "its uuid", "01900000-0000-7000-8000-000000000000"),
  distinct_id: described(z.string().optional(), "whose it is", "user-123"),
  timestamp: described(z.string().optional(), "when, ISO 8601", "2026-01-01T00:00:00.000Z"),
  elements_chain: described(
    z.string().optional(),
    "the clicked elements, as PostHog writes them",
    'button:text="Buy"',
  ),
  properties: described(properties, "its properties", { plan: "pro" }),
});

const expectation = z.strictObject({
  sent: described(z.boolean(), "whether the destination sends it", true),
  because: described(
    z.string().min(1).optional(),
    "which condition decides: its place in the destination's file, or the beginning of it",
    "filters.person.email",
  ),
  url: described(z.string().optional(), "the address it is sent to", "https://your-app.example/hook"),
  headers: described(z.record(z.string(), z.unknown()).optional(), "headers, at least these", {
    "X-Plan": "pro",
  }),
  body: described(z.unknown().optional(), "the body, at least this of it", {
    event: { event: "user_signed_up" },
  }),
  inputs: described(
    z.record(z.string(), z.unknown()).optional(),
    "for `slack` and `template`: the inputs, at least these",
    { text: "Ada signed up" },
  ),
});

/** `destinations/<slug>.test.yaml`. */
export const samplesModel = z.array(
  z.strictObject({
    name: described(z.string().min(1), "what the sample shows", "a signup is sent"),
    event: described(z.union([z.string().min(1), event]), "the event, or only its name", "user_signed_up"),
    person: described(
      z.union([z.string().min(1), person]).nullish(),
      "the person, or the name of one in fixtures.test.yaml",
      "ada",
    ),
    groups: described(
      z.record(z.string(), z.union([z.string().min(1), z.strictObject(group)])).optional(),
      "the event's groups by type, or names of some in fixtures.test.yaml",
      { company: "acme" },
    ),
    environment: described(z.string().optional(), "the environment whose changes apply", "prod"),
    expect: described(expectation, "what must come of it", { sent: true }),
  }),
);

/** `destinations/fixtures.test.yaml`: people and groups that samples name. */
export const fixturesModel = z.strictObject({
  persons: described(z.record(z.string().min(1), person).optional(), "people by the names that samples use", {
    ada: { properties: { email: "ada@example.com" } },
  }),
  groups: described(
    z
      .record(
        z.string().min(1),
        z.strictObject({ type: described(z.string().min(1), "the group's type", "company"), ...group }),
      )
      .optional(),
    "groups by the names that samples use",
    { acme: { type: "company", properties: { tier: "enterprise" } } },
  ),
});

export type Sample = z.infer<typeof samplesModel>[number];
export type Fixtures = z.infer<typeof fixturesModel>;
