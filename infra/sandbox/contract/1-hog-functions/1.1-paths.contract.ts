import { expect } from "vitest";
import { fact, untested } from "../contract.ts";

const nowhere = {
  type: "invalid_request",
  code: "not_found",
  detail: "Endpoint not found.",
  attr: null,
};

fact(
  "1.1",
  "The collection is /api/projects/{project_id}/hog_functions/, an item {uuid}/ below it",
  async (ph) => {
    const { fn } = await ph.create();
    expect((await ph.call("GET", `${ph.project}/hog_functions/`)).status).toBe(200);
    expect((await ph.call("GET", `${ph.project}/hog_functions/${fn.id}/`)).body.id).toBe(fn.id);
  },
);

fact(
  "1.1",
  "/api/environments/{id}/ answers the same, with the headers Deprecation, Sunset and Link",
  { certainty: "inferred" },
  async (ph) => {
    const { fn } = await ph.create();
    const answer = await ph.call("GET", `/api/environments/${ph.projectId}/hog_functions/${fn.id}/`);
    expect(answer).toMatchObject({ status: 200, body: { id: fn.id, name: fn.name, hog: fn.hog } });
    for (const header of ["deprecation", "sunset", "link"]) expect(answer.headers.get(header)).toBeTruthy();
    const today = await ph.api("GET", `hog_functions/${fn.id}/`);
    expect(today.headers.get("deprecation")).toBeNull();
  },
);

fact("1.1", "The slash at the end may be left out", async (ph) => {
  const { fn } = await ph.create();
  expect((await ph.api("GET", "hog_functions")).status).toBe(200);
  expect((await ph.api("GET", `hog_functions/${fn.id}`)).body.id).toBe(fn.id);
});

fact("1.1", "@current works as a project's id", async (ph) => {
  expect((await ph.call("GET", "/api/projects/@current/hog_functions/")).status).toBe(200);
});

fact("1.1", "A project's id that is no number is a 404 “Project not found.”", async (ph) => {
  const answer = await ph.call("GET", "/api/projects/none/hog_functions/");
  expect(answer).toMatchObject({ status: 404, body: { ...nowhere, detail: "Project not found." } });
});

fact(
  "1.1",
  "There is no /api/projects/{id}/pipeline_destinations/: 404 “Endpoint not found.”",
  async (ph) => {
    for (const method of ["GET", "POST"]) {
      const body = method === "POST" ? { config: {} } : undefined;
      const answer = await ph.api(method, "pipeline_destinations/", body);
      expect([answer.status, answer.body]).toEqual([404, nowhere]);
    }
  },
);

untested(
  "1.1",
  "/api/organizations/{id}/pipeline_destinations/ lists legacy plugins, /api/projects/{id}/pipeline_destination_configs/ their configurations",
  "legacy plugins are no destinations; the sandbox has none",
);
untested(
  "1.1",
  "The newest PostHog registers hog functions under projects alone, and rewrites the environments path",
  "cannot be told from the answers",
);
