import fc from "fast-check";
import { expect, test } from "vitest";
import { editDistance, nearest } from "./suggest.ts";

test.each([
  ["nmae", "name"],
  ["filter", "filters"],
  ["Webhook", "webhook"],
  ["crn", "crm"],
  ["x", undefined],
  ["something", undefined],
  ["", undefined],
])("for %s suggests %s", (written, expected) => {
  expect(nearest(written, ["name", "filters", "webhook", "crm"])).toBe(expected);
});

test("the edit distance is one: nothing for the same, the same both ways, never more than the longer text", () => {
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, a)).toBe(0);
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});
