import { expect, test } from "vitest";
import { readEnvironment } from "./configuration.ts";

const least = {
  HOGWIRE_SIGNING_KEY: "a signing key of the tests",
  HOGWIRE_ROUTES: '{"signups":["crm"]}',
  HOGWIRE_DATA: "data",
};

test("needs a key, routes and a folder, and has defaults for the rest", () => {
  expect(readEnvironment({ ...least, PATH: "/bin" })).toEqual({
    HOGWIRE_HOST: "127.0.0.1",
    HOGWIRE_PORT: 4200,
    HOGWIRE_SIGNING_KEY: least.HOGWIRE_SIGNING_KEY,
    HOGWIRE_SIGNING_GENERATION: 1,
    HOGWIRE_ROUTES: { signups: ["crm"] },
    HOGWIRE_SETTINGS: {},
    HOGWIRE_DATA: "data",
  });
});

test.each([
  ["HOGWIRE_PORT", "http", "HOGWIRE_PORT must be a port"],
  ["HOGWIRE_PORT", "65536", "HOGWIRE_PORT must be a port"],
  ["HOGWIRE_SIGNING_KEY", "s3cret", "HOGWIRE_SIGNING_KEY must have 16 characters or more"],
  ["HOGWIRE_SIGNING_KEY", undefined, "HOGWIRE_SIGNING_KEY is missing"],
  ["HOGWIRE_SIGNING_GENERATION", "0", "HOGWIRE_SIGNING_GENERATION must be 1 or more"],
  ["HOGWIRE_SIGNING_GENERATION", "1.5", "HOGWIRE_SIGNING_GENERATION must be whole"],
  ["HOGWIRE_ROUTES", undefined, "HOGWIRE_ROUTES is missing"],
  ["HOGWIRE_ROUTES", "{", "HOGWIRE_ROUTES must be JSON"],
  ["HOGWIRE_ROUTES", "[]", 'HOGWIRE_ROUTES must be like {"signup-notifications":["crm"]}'],
  ["HOGWIRE_ROUTES", '{"signups":[]}', "HOGWIRE_ROUTES at signups: must name a handler"],
  [
    "HOGWIRE_ROUTES",
    '{"signups":["../crm"]}',
    "HOGWIRE_ROUTES at signups.0: must be small letters, digits and hyphens",
  ],
  ["HOGWIRE_SETTINGS", '"s3cret"', "HOGWIRE_SETTINGS must be a JSON object"],
  ["HOGWIRE_SETTINGS", "s3cret", "HOGWIRE_SETTINGS must be JSON"],
  ["HOGWIRE_DATA", "", "HOGWIRE_DATA is missing: the folder of the inbox"],
])("with %s = %j says: %s", (variable, value, problem) => {
  const read = () => readEnvironment({ ...least, [variable]: value });
  expect(read).toThrow(expect.objectContaining({ name: "ConfigurationError", problems: [problem] }));
  expect(read).not.toThrow("s3cret");
});

test("says all mistakes at once", () => {
  expect(() => readEnvironment({})).toThrow(
    "HOGWIRE_SIGNING_KEY is missing\nHOGWIRE_ROUTES is missing\nHOGWIRE_DATA is missing: the folder of the inbox",
  );
});
