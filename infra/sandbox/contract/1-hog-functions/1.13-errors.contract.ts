import { expect } from "vitest";
import { sandbox } from "../../test-support.ts";
import { nobody } from "../clean-up.ts";
import { fact, untested } from "../contract.ts";

fact("1.13", "An error is one flat object: type, code, detail, attr", async (ph) => {
  const { body } = await ph.api("POST", "hog_functions/", { name: ph.marker });
  expect(body).toMatchObject({
    type: "validation_error",
    code: "invalid_input",
    detail: "Required.",
    attr: "hog",
  });
});

fact("1.13", "Only the first error is told", async (ph) => {
  const wrong = { description: ph.marker, inputs: [], masking: {}, name: "x".repeat(401) };
  const { body } = await ph.api("POST", "hog_functions/", { ...wrong, type: "none" });
  expect(body.attr).toBe("type");
  expect((await ph.api("POST", "hog_functions/", wrong)).body.attr).toBe("name");
});

const codes: [string, object, string, string][] = [
  ["a rule of PostHog's own is invalid_input", { hog: "let := (" }, "hog", "invalid_input"],
  ["a missing field is required", { masking: { ttl: 60 } }, "masking__hash", "required"],
  ["an empty text is blank", { hog: " " }, "hog", "blank"],
  ["a null is null", { enabled: null }, "enabled", "null"],
  ["a wrong choice is invalid_choice", { type: "any" }, "type", "invalid_choice"],
  ["too long a text is max_length", { name: "x".repeat(401) }, "name", "max_length"],
  ["a list in place of an object is not_a_dict", { inputs: ["a"] }, "inputs", "not_a_dict"],
  ["a text in place of a list is not_a_list", { filters: { events: "a" } }, "filters__events", "not_a_list"],
];
for (const [title, body, attr, code] of codes) {
  fact("1.13", `400: ${title}`, async (ph) => {
    const sent = { hog: "return 1", name: "a", description: ph.marker, ...body };
    expect(await ph.api("POST", "hog_functions/", sent)).toMatchObject({
      status: 400,
      body: { type: "validation_error", attr, code },
    });
  });
}

fact("1.13", "400: a body that is no JSON is an invalid_request, parse_error", async (ph) => {
  const answer = await ph.call("POST", `${ph.project}/hog_functions/`, "{");
  expect(answer).toMatchObject({ status: 400, body: { type: "invalid_request", code: "parse_error" } });
});

fact("1.13", "401: without a key not_authenticated, with a wrong one authentication_failed", async (ph) => {
  const ask = (authorization: string) =>
    ph.call("GET", `${ph.project}/hog_functions/`, undefined, { authorization });
  const type = "authentication_error";
  expect(await ask("")).toMatchObject({ status: 401, body: { type, code: "not_authenticated" } });
  expect(await ask("Bearer phx_wrong")).toMatchObject({
    status: 401,
    body: { type, code: "authentication_failed" },
  });
});

fact("1.13", "403: permission_denied", async (ph) => {
  const { fn } = await ph.create();
  expect(await ph.api("DELETE", `hog_functions/${fn.id}/`)).toMatchObject({
    status: 403,
    body: { type: "authentication_error", code: "permission_denied", attr: null },
  });
});

fact("1.13", "404: not_found, with a detail for the object, the route and the project", async (ph) => {
  const paths = [
    [`${ph.project}/hog_functions/${nobody.function}/`, "Not found."],
    [`${ph.project}/nothing_of_this_name/`, "Endpoint not found."],
    ["/api/projects/none/hog_functions/", "Project not found."],
  ];
  for (const [path = "", detail] of paths) {
    const { status, body } = await ph.call("GET", path);
    expect([status, body]).toEqual([404, { type: "invalid_request", code: "not_found", detail, attr: null }]);
  }
});

fact("1.13", "405: method_not_allowed", async (ph) => {
  expect(await ph.api("PATCH", "actions/")).toMatchObject({
    status: 405,
    body: { type: "invalid_request", code: "method_not_allowed", detail: 'Method "PATCH" not allowed.' },
  });
});

fact("1.13", "409: stale_update, whose type says server_error", async (ph) => {
  const { patch } = await ph.create();
  expect(await patch({ base_updated_at: "2001-01-01T00:00:00Z" })).toMatchObject({
    status: 409,
    body: { type: "server_error", code: "stale_update", attr: null },
  });
});

untested("1.13", "409 draft_exists", "the sandbox has no drafts");

fact("1.13", "415: unsupported_media_type", async (ph) => {
  const headers = { "content-type": "text/plain" };
  expect(await ph.call("POST", `${ph.project}/hog_functions/`, "{}", headers)).toMatchObject({
    status: 415,
    body: { type: "invalid_request", code: "unsupported_media_type" },
  });
});

fact(
  "1.13",
  "429: throttled_error, throttled, with Retry-After in whole seconds",
  { needs: "sandbox" },
  async () => {
    const { call, api } = await sandbox();
    await call("POST", "/_sandbox/faults", [{ status: 429, retryAfter: 42 }]);
    const answer = await api("GET", "hog_functions/");
    expect(answer).toMatchObject({
      status: 429,
      body: {
        ...{ type: "throttled_error", code: "throttled", attr: null },
        detail: "Request was throttled. Expected available in 42 seconds.",
      },
    });
    expect(answer.headers.get("retry-after")).toBe("42");
  },
);

fact("1.13", "500: server_error, error", { needs: "sandbox" }, async () => {
  const { call, api } = await sandbox();
  await call("POST", "/_sandbox/faults", [{ status: 500 }]);
  expect(await api("GET", "hog_functions/")).toMatchObject({
    status: 500,
    body: { type: "server_error", code: "error", attr: null },
  });
});

fact("1.13", "`attr` joins nested keys with __, places in lists as numbers", async (ph) => {
  const inputs_schema = [
    { key: "a", type: "string" },
    { key: "b", type: "none" },
  ];
  const { body } = await ph.api("POST", "hog_functions/", {
    name: ph.marker,
    hog: "return 1",
    inputs_schema,
  });
  expect(body.attr).toBe("inputs_schema__1__type");
});

fact("1.13", "An error of the whole body has the attr null", async (ph) => {
  expect(await ph.api("POST", "hog_functions/", [])).toMatchObject({ status: 400, body: { attr: null } });
});

fact(
  "1.13",
  "A bad configuration for invocations is a 400 of another shape: fields with lists of texts",
  async (ph) => {
    const configuration = { hog: "let := (", inputs_schema: [], inputs: {} };
    const body = { configuration, globals: { event: { event: "a" } } };
    const answer = await ph.api("POST", "hog_functions/new/invocations/", body);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({ configuration: { hog: ["Hog code has errors."] } });
  },
);

untested("1.13", "An error may carry `extra` and `error_event_id`", "optional; the sandbox sends neither");
