import { describe, expect, test } from "vitest";
import { type Json, sandbox } from "../test-support.ts";

// What a key may reach, and what is said to the others (contract §1.1, §1.2, §6.5, §6.6).

const id = "0190a0a0-0000-7000-8000-000000000001";
const noKeyAccess = "This action does not support personal API key access";
const as = (key: string) => ({ authorization: `Bearer ${key}` });

const refused: [method: string, path: string, status: number, detail: string][] = [
  ["DELETE", `hog_functions/${id}/`, 403, noKeyAccess],
  ["GET", "hog_functions/icons/?query=a", 403, noKeyAccess],
  ["GET", "hog_functions/icon/?id=a", 403, noKeyAccess],
  ["POST", `hog_functions/${id}/enable_backfills/`, 403, noKeyAccess],
  ["DELETE", "hog_functions/", 403, noKeyAccess], // a method without an action: the same, before any 405
  ["POST", `hog_functions/${id}/`, 403, noKeyAccess],
  ["POST", "hog_function_templates/", 403, noKeyAccess],
  ["DELETE", "actions/", 403, noKeyAccess],
  ["PATCH", "actions/", 405, 'Method "PATCH" not allowed.'], // that method alone is a write action without a route
  ["GET", "persons/", 501, "The sandbox does not have persons, which PostHog has."],
  ["GET", "pipeline_destinations/", 404, "Endpoint not found."],
  ["GET", `hog_functions/${id}/nothing/`, 404, "Endpoint not found."],
  [
    "GET",
    `hog_functions/${id}/revisions/`,
    501,
    `The sandbox does not have GET hog_functions/:id/revisions.`,
  ],
  ["OPTIONS", "hog_functions/", 501, "The sandbox does not have OPTIONS hog_functions."],
];

test.each(refused)("%s %s is refused with %i (§1.2)", async (method, path, status, detail) => {
  const { api } = await sandbox();
  expect(await api(method, path)).toMatchObject({ status, body: { detail } });
});

test("the list of projects is refused by name, what PostHog has not is not found", async () => {
  const { call } = await sandbox();
  expect((await call("GET", "/api/projects/")).body.detail).toBe(
    "The sandbox does not have the list of projects.",
  );
  expect((await call("GET", "/api/nothing/")).body.detail).toBe("Endpoint not found.");
});

test("the old family's Link names its successor, whatever letters are asked for (§1.1)", async () => {
  const { call } = await sandbox();
  const answer = await call("GET", "/api/environments/1/hog_functions/%F0%9F%99%82%00/");
  expect(answer.status).toBe(404);
  expect(answer.headers.get("link")).toContain("</api/projects/1/hog_functions/%F0%9F%99%82%00/>");
});

const scopes: [scope: string, method: string, path: string, missing: string | null][] = [
  ["hog_function:read", "GET", "hog_functions/", null],
  ["hog_function:write", "GET", "hog_functions/", null],
  ["hog_function:read", "HEAD", "hog_functions/", null],
  ["hog_function:read", "GET", "hog_function_templates/", null],
  ["hog_function:read", "POST", "hog_functions/", "hog_function:write"],
  ["hog_function:read", "PATCH", `hog_functions/${id}/`, "hog_function:write"],
  ["action:write", "GET", "hog_functions/", "hog_function:read"],
  ["action:read", "GET", "actions/", null],
  ["action:read", "PATCH", "actions/1/", "action:write"],
  ["group:read", "GET", "groups_types/", null],
  ["hog_function:write", "POST", `hog_functions/${id}/rerun/`, "person:read"],
];

test.each(scopes)("a key with %s on %s %s (§6.6)", async (scope, method, path, missing) => {
  const { call } = await sandbox({ keys: { phx_one: { scopes: [scope] } } });
  const body = method === "GET" || method === "HEAD" ? undefined : {};
  const answer = await call(method, `/api/projects/1/${path}`, body, as("phx_one"));
  if (missing === null) expect(answer.status).toBe(200);
  else {
    expect(answer).toMatchObject({
      status: 403,
      body: {
        type: "authentication_error",
        code: "permission_denied",
        detail: `API key missing required scope '${missing}'`,
        attr: null,
      },
    });
  }
});

describe("a personal key", () => {
  const hogFunctions = "/api/projects/1/hog_functions/";
  const wrong = (source: string) => `Personal API key found in request ${source} is invalid.`;

  /** `fetch` by hand: `call` always sends a header. */
  async function without(path: string, body?: unknown) {
    const { url } = await sandbox();
    const headers = { "content-type": "application/json" };
    const response = await fetch(
      url + path,
      body ? { method: "POST", headers, body: JSON.stringify(body) } : {},
    );
    return { status: response.status, body: (await response.json()) as Json };
  }

  test("is also found in the query and the body, and named there when it is wrong (§6.6)", async () => {
    expect((await without(`${hogFunctions}?personal_api_key=phx_sandbox`)).status).toBe(200);
    expect(await without(`${hogFunctions}?personal_api_key=phx_no`)).toMatchObject({
      status: 401,
      body: { code: "authentication_failed", detail: wrong("query string") },
    });
    const body = { hog: "return event", personal_api_key: "phx_sandbox" };
    expect((await without(hogFunctions, body)).status).toBe(201);
    expect((await without(hogFunctions, { ...body, personal_api_key: "phx_no" })).body.detail).toBe(
      wrong("body"),
    );
  });

  test("of somebody who left the project reaches nothing of it (§6.6)", async () => {
    const { call } = await sandbox({ keys: { phx_gone: { scopes: ["*"], isMember: false } } });
    expect(await call("GET", hogFunctions, undefined, as("phx_gone"))).toMatchObject({
      status: 403,
      body: { detail: "You don't have access to the project." },
    });
  });

  test("meets its project by number and as @current, no other one, and none by name (§1.1)", async () => {
    const { call } = await sandbox();
    for (const project of ["1", "@current"]) {
      expect((await call("GET", `/api/projects/${project}/hog_functions`)).status).toBe(200);
    }
    for (const project of ["2", "sandbox", "1x"]) {
      expect(await call("GET", `/api/projects/${project}/hog_functions/`)).toMatchObject({
        status: 404,
        body: { detail: "Project not found." },
      });
    }
  });

  test("does not save a body or a query whose `token` is none of the project's (§6.6)", async () => {
    const { api } = await sandbox();
    const trapped = { status: 401, body: { detail: "Incorrect authentication credentials." } };
    for (const key of ["token", "api_key"]) {
      expect(await api("POST", "hog_functions/", { hog: "return event", [key]: "mine" })).toMatchObject(
        trapped,
      );
      expect(await api("GET", `hog_functions/?${key}=mine`)).toMatchObject(trapped);
    }
    expect((await api("GET", "hog_functions/?token=phc_sandbox")).status).toBe(200);
  });
});

describe("users/@me (§6.5)", () => {
  const path = "/api/users/@me/";
  const keys = {
    phx_ann: {
      scopes: ["user:read"],
      projects: [7],
      user: { id: 2, first_name: "Ann", email: "ann@acme.example" },
    },
    phx_other: { scopes: ["hog_function:read"] },
  };

  test("says whose the key is, whichever projects it may reach", async () => {
    const { call } = await sandbox({ keys });
    expect((await call("GET", path)).body).toMatchObject({
      distinct_id: "sandbox-user",
      team: { id: 1, api_token: "phc_sandbox" },
      organization: { name: "Sandbox" },
      organizations: [{ name: "Sandbox" }],
    });
    const ann = await call("GET", path, undefined, as("phx_ann"));
    expect(ann).toMatchObject({ status: 200, body: { id: 2, first_name: "Ann", email: "ann@acme.example" } });
  });

  test("needs user:read, and is all there is of users", async () => {
    const { call } = await sandbox({ keys });
    expect((await call("GET", path, undefined, as("phx_other"))).body.detail).toBe(
      "API key missing required scope 'user:read'",
    );
    expect((await call("PATCH", path, {})).status).toBe(501);
  });
});
