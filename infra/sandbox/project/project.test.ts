import { expect, test } from "vitest";
import { sandbox } from "../test-support.ts";

test("a key with project:read reads the project, and the token with which its events are captured (§6.6)", async () => {
  const keys = { phx_reads: { scopes: ["project:read"] }, phx_other: { scopes: ["hog_function:write"] } };
  const { call } = await sandbox({ keys });
  const as = (key: string) => ({ authorization: `Bearer ${key}` });
  for (const path of ["/api/projects/1/", "/api/projects/@current"]) {
    const answer = await call("GET", path, undefined, as("phx_reads"));
    expect(answer).toMatchObject({ status: 200, body: { id: 1, api_token: "phc_sandbox" } });
    expect(answer.body.test_account_filters).toMatchObject([{ key: "$host" }]);
  }
  expect(await call("GET", "/api/projects/1/", undefined, as("phx_other"))).toMatchObject({
    status: 403,
    body: { detail: "API key missing required scope 'project:read'" },
  });
  expect(await call("GET", "/api/projects/2/", undefined, as("phx_reads"))).toMatchObject({
    status: 404,
    body: { detail: "Project not found." },
  });
});
