import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, test } from "vitest";
import { Destination, loaderText, Manifest } from "./resources.ts";

const registered: pulumi.runtime.MockResourceArgs[] = [];

beforeAll(() =>
  pulumi.runtime.setMocks({
    newResource(resource) {
      registered.push(resource);
      return { id: resource.name, state: resource.inputs };
    },
    call: () => ({}),
  }),
);

test("loader text and type tokens are those of every state that exists", async () => {
  new Manifest("manifest", {
    host: "https://us.posthog.com",
    project: "1",
    stack: "dev",
    slugs: { signup: true },
  });
  new Destination("signup", {
    slug: "signup",
    host: "https://us.posthog.com",
    project: "1",
    managed_by: "hogwire/dev/signup",
    name: "Sign-ups",
    enabled: true,
    filters: { events: "all" },
    webhook: { url: "https://acme.example", body: {} },
  });
  await expect.poll(() => registered.length).toBe(2);
  expect(loaderText).toBe(
    'exports.handler=()=>process.getBuiltinModule("module").createRequire(process.cwd()+"/_")("#provider").provider',
  );
  expect(registered.map(({ type, inputs }) => [type, inputs.kind, inputs.__provider])).toEqual([
    ["pulumi-nodejs:dynamic/posthog:Manifest", "manifest", loaderText],
    ["pulumi-nodejs:dynamic/posthog:Destination", "destination", loaderText],
  ]);
});
