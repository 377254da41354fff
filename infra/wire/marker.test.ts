import fc from "fast-check";
import { expect, test } from "vitest";
import { otherTool, readMarker, withMarker } from "./marker.ts";

const folder = "destinations";
const owner = "hogwire/prod/signup";
const line = `Managed by Hogwire: destinations/signup.yaml [hogwire:${owner}]`;

test("is the last line of the description", () => {
  expect(withMarker("Tell the CRM", owner, folder)).toBe(`Tell the CRM\n\n${line}`);
  expect(withMarker("", owner, folder)).toBe(line);
});

test("names the file of an event filter too, and takes only its own line for whole", () => {
  const filter = withMarker("Paying", owner, "destinations/filters");
  expect(filter).toBe(
    "Paying\n\nManaged by Hogwire: destinations/filters/signup.yaml [hogwire:hogwire/prod/signup]",
  );
  expect(readMarker(filter, "destinations/filters")).toEqual({ owner, description: "Paying" });
  expect(readMarker(filter, folder)).toEqual({ owner, description: filter });
});

test("every description comes back, whatever is in it", () => {
  const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/);
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.tuple(name, name, name), (description, parts) => {
      const managedBy = parts.join("/");
      expect(readMarker(withMarker(description, managedBy, folder), folder)).toEqual({
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
  ["another's marker after ours", `${line}\n\n${withMarker("", "a/b/c", folder)}`, "a/b/c", line],
])("with %s the owner is found and the damage stays in sight", (_name, text, found, description) => {
  expect(readMarker(text, folder)).toEqual({ owner: found, description });
});

test("knows the markers of PostHog's own definitions tool", () => {
  expect(otherTool("<!-- iac:actions:signup iac:hash:abc -->")).toBe("@posthog/definitions");
  expect(otherTool("x\n<!-- iac:hog-functions:signup iac:hash:abc -->")).toBe("@posthog/definitions");
  expect(otherTool(line)).toBeUndefined();
});
