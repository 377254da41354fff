import fc from "fast-check";
import { expect, test } from "vitest";
import { otherTool, readMarker, withMarker } from "./marker.ts";

const owner = "hogwire/prod/signup";
const line = `Managed by Hogwire: destinations/signup.yaml [hogwire:${owner}]`;

test("is the last line of the description", () => {
  expect(withMarker("Tell the CRM", owner)).toBe(`Tell the CRM\n\n${line}`);
  expect(withMarker("", owner)).toBe(line);
});

test("every description comes back, whatever is in it", () => {
  const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/);
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.tuple(name, name, name), (description, parts) => {
      const managedBy = parts.join("/");
      expect(readMarker(withMarker(description, managedBy))).toEqual({
        owner: managedBy,
        description: description.trim(),
      });
    }),
  );
});

test.each([
  ["no marker", "Tell the CRM", null, "Tell the CRM"],
  ["a text after it", `Tell the CRM\n\n${line}\nPlease keep`, owner, `Tell the CRM\n\n${line}\nPlease keep`],
  ["a changed line", `Ours! [hogwire:${owner}]`, owner, `Ours! [hogwire:${owner}]`],
  ["another's marker after ours", `${line}\n\n${withMarker("", "a/b/c")}`, "a/b/c", line],
])("with %s the owner is found and the damage stays in sight", (_name, text, found, description) => {
  expect(readMarker(text)).toEqual({ owner: found, description });
});

test("knows the marker of PostHog's own definitions tool", () => {
  expect(otherTool("x\n<!-- iac:hog-functions:signup iac:hash:abc -->")).toBe("@posthog/definitions");
  expect(otherTool(line)).toBeUndefined();
});
