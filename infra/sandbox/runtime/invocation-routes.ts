import { Hono } from "hono";
import { inputGlobals } from "../../hog/globals.ts";
import type { HogFunction } from "../functions/hog-function.ts";
import { readHogFunction, type SerializerContext } from "../functions/hog-function-serializer.ts";
import { ApiError, invalid, notInSandbox } from "../http/api-error.ts";
import {
  booleanField,
  dictionaryField,
  isObject,
  type Json,
  objectField,
  textField,
  textOf,
} from "../http/fields.ts";
import { readJson } from "../http/read-json.ts";
import type { Project } from "../matching/occasions.ts";
import type { Cdp } from "./cdp.ts";
import { testRun } from "./test-run.ts";

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `POST /hog_functions/<id|new>/invocations/`: a test of a configuration that need not be saved (contract §3). */
export function invocationRoutes(cdp: Cdp, closing: AbortSignal): Hono {
  const routes = new Hono();
  routes.post("/:id/invocations", async (c) => {
    const body = objectField(null, await readJson(c.req.raw));
    if (body.use_draft) throw notInSandbox("drafts of hog functions");
    if (body.configuration === undefined) {
      throw invalid("configuration", "Required unless use_draft is true.");
    }
    // An id that is not there is taken for `new`
    const found = cdp.functions.get(c.req.param("id"));
    const stored = found?.deleted ? undefined : found;
    let request: ReturnType<typeof readRequest>;
    try {
      request = readRequest(body, stored, cdp.context);
    } catch (error) {
      if (error instanceof ApiError && error.status === 400) return c.json(rawErrors(error), 400);
      throw error;
    }
    const row = request.clickhouseEvent;
    const globals = row ? globalsOfRow(row, cdp.project) : request.globals;
    if (globals instanceof SyntaxError) return c.json({ status: "error", errors: [globals.message] }, 500);
    const { event } = globals ?? {};
    if (request.invocationId !== null && !uuidPattern.test(request.invocationId)) {
      return c.json({ status: "error", errors: ["Invalid invocation ID"] }, 400);
    }
    if (!isObject(event)) return c.json({ status: "error", errors: ["Missing event"] }, 400);
    const context = { ...cdp, signal: closing };
    return c.json(await testRun(request.fn, { ...globals, event }, request.isMocked, context));
  });
  return routes;
}

function readRequest(body: Json, stored: HogFunction | undefined, context: SerializerContext) {
  const { globals, clickhouse_event, mock_async_functions = true, invocation_id = null } = body;
  const config = readConfiguration(body.configuration, stored, context);
  const fn: HogFunction = {
    ...(stored ?? { id: "new", version: 1, created_at: "", created_by: null, updated_at: "" }),
    ...config,
  };
  return {
    fn,
    globals: globals === undefined ? undefined : dictionaryField("globals", globals),
    clickhouseEvent:
      clickhouse_event === undefined
        ? undefined
        : readRow(dictionaryField("clickhouse_event", clickhouse_event)),
    isMocked: booleanField("mock_async_functions", mock_async_functions),
    invocationId: invocation_id === null ? null : textField("invocation_id", invocation_id),
  };
}

function readConfiguration(value: unknown, stored: HogFunction | undefined, context: SerializerContext) {
  try {
    return readHogFunction(value, stored, context);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 400)) throw error;
    const { attr, detail, code } = error.body;
    throw invalid(["configuration", attr ?? "non_field_errors"].join("__"), detail, code);
  }
}

/** Here PostHog answers the raw errors of Django REST framework (contract §1.13), here too the first one only. */
function rawErrors({ body }: ApiError): Json {
  const path = (body.attr ?? "non_field_errors").split("__");
  return path.reduceRight<Json | string[]>((inner, key) => ({ [key]: inner }), [body.detail]) as Json; // one key at least
}

/** Nothing for what is no event, such as the `{}` of a caller that has none. */
function readRow(row: Json): Json | undefined {
  const time = Date.parse(textOf(row.timestamp).replace(/^(\d{4}-\d\d-\d\d) ([\d:.]+)$/, "$1T$2Z"));
  return Number.isNaN(time) ? undefined : { ...row, timestamp: new Date(time).toISOString() };
}

/** An event as ClickHouse has it, with JSON in columns; without a person's id there is no person. */
function globalsOfRow(row: Json, project: Project): Json | SyntaxError {
  try {
    const {
      source: _,
      groups: __,
      ...globals
    } = inputGlobals({
      event: {
        uuid: textOf(row.uuid),
        event: textOf(row.event),
        distinct_id: textOf(row.distinct_id),
        properties: JSON.parse(textOf(row.properties || "{}")),
        timestamp: textOf(row.timestamp),
        elements_chain: textOf(row.elements_chain ?? ""),
      },
      person: row.person_id
        ? { id: textOf(row.person_id), properties: JSON.parse(textOf(row.person_properties || "{}")) }
        : null,
      project,
      source: { name: "", url: "" },
    });
    return globals;
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}
