import { expect, test } from "vitest";
import { manifestInputs } from "./manifest-inputs.ts";
import type { LoweredDestination, LoweredEventFilter } from "./spec/lowered.ts";

const place = { host: "https://us.posthog.com", project: "1", stack: "dev", owner: "hogwire/dev" };
const plain = { name: "N", enabled: true, filters: { events: "all" as const } };
const webhook = { url: "https://a.example", body: {} };
const group = (group_type: string) => [{ key: "tier", value: "gold", type: "group", group_type }];

function inputsOf(destinations: LoweredDestination[], eventFilters: LoweredEventFilter[] = []) {
  const files = destinations.map((lowered) => ({ lowered, handlers: [], file: `${lowered.slug}.yaml` }));
  return manifestInputs({ destinations: files, eventFilters, diagnostics: [] }, place);
}

test("a plain stack says where it is, its slugs, and the templates that it uses", () => {
  const hog = { ...plain, slug: "own-code", enabled: false, hog: { code: "" } };
  expect(inputsOf([])).toEqual({ ...place, slugs: {}, needs: { templates: [] } });
  expect(inputsOf([{ ...plain, slug: "b", webhook }, hog])).toEqual({
    ...place,
    slugs: { b: true, "own-code": false },
    needs: { templates: ["template-webhook"] },
  });
});

test("names what was renamed, what stays in PostHog, and all that PostHog must be able to do", () => {
  const zendesk = { id: "template-zendesk", inputs: {} };
  const signed = { ...webhook, signing_secret: "whsec_x" };
  const inputs = inputsOf(
    [
      { ...plain, slug: "z", template: zendesk, aliases: ["old", "older"], lifecycle: { protect: true } },
      { ...plain, slug: "a", webhook: signed, lifecycle: { retain: true } },
      { ...plain, slug: "c", webhook, filters: { events: [{ id: "e", properties: group("team") }] } },
    ],
    [{ slug: "f", name: "F", steps: [{ properties: group("company") }, { properties: group("team") }] }],
  );
  expect(inputs).toEqual({
    ...place,
    slugs: { z: true, a: true, c: true },
    eventFilters: { f: "f" },
    renamed: { old: "z", older: "z" },
    retained: ["a"],
    needs: {
      templates: ["template-webhook", "template-zendesk"],
      signing: true,
      groups: ["company", "team"],
    },
  });
});
