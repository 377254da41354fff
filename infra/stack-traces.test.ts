import * as pulumi from "@pulumi/pulumi";
import * as debuggable from "@pulumi/pulumi/runtime/debuggable.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { skipStackTracesOfPulumi } from "./stack-traces.ts";

const before = Error.prepareStackTrace;

beforeEach(skipStackTracesOfPulumi);

afterEach(() => {
  Error.prepareStackTrace = before;
});

test("promises of Pulumi's SDK have no stack trace", () => {
  // Internal to the SDK, and so not among its types.
  const { debuggablePromise } = debuggable as unknown as {
    debuggablePromise(promise: Promise<void>): unknown;
  };
  const promise = Promise.resolve();
  debuggablePromise(promise);
  expect(Reflect.get(promise, "_debugStackTrace")).toBe("");
});

test.each([
  ["with a message", "it broke"],
  ["without one", ""],
])("an error %s says where it was made", (_what, message) => {
  expect(new Error(message).stack).toContain("stack-traces.test.ts");
});

test("so does an error that Pulumi's SDK throws", () => {
  expect(thrownBy(() => new pulumi.Config().require("a-key")).stack).toMatch(
    /Missing required configuration[\s\S]*stack-traces\.test\.ts/,
  );
});

function thrownBy(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}
