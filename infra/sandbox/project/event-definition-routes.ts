import { type Context, Hono } from "hono";
import type { Clock } from "../clock.ts";
import type { ApiEnv } from "../http/access.ts";
import { invalid, notFound, notInSandbox, refuseMethod } from "../http/api-error.ts";
import {
  booleanField,
  type Json,
  listField,
  objectField,
  required,
  textField,
  textOf,
} from "../http/fields.ts";
import { paginate } from "../http/pagination.ts";
import { readJson } from "../http/read-json.ts";
import type { ActivityLog } from "./activity-log.ts";
import { listEventDefinitions } from "./event-definition-query.ts";
import {
  type EventDefinition,
  type EventDefinitions,
  type EventDetails,
  noDetails,
} from "./event-definitions.ts";
import type { User } from "./users.ts";

/** `/event_definitions/` (contract §6.4). A declared event that was never seen has one; an unknown name in a filter has none. */
export function eventDefinitionRoutes(options: {
  definitions: EventDefinitions;
  clock: Clock;
  activity: ActivityLog;
}): Hono<ApiEnv> {
  const { definitions, clock, activity } = options;
  const routes = new Hono<ApiEnv>();
  const find = (c: Context): EventDefinition => {
    const found = definitions.all().find(({ id }) => id === c.req.param("id")?.toLowerCase());
    if (!found) throw notFound("Not found.");
    return found;
  };
  const now = () => new Date(clock.now()).toISOString();

  routes.get("/", (c) => {
    const found = listEventDefinitions(definitions.all(), new URL(c.req.url).searchParams, clock.now());
    return c.json(
      paginate(c.req.url, found.length, (limit, offset) => found.slice(offset, offset + limit).map(shown)),
    );
  });

  routes.post("/", async (c) => {
    const data = objectField(null, await readJson(c.req.raw));
    if (data.name === undefined) throw required("name");
    const name = textField("name", data.name, { max: 400 });
    if (definitions.all().some((one) => one.name === name)) {
      throw invalid("name", `Event definition with name '${name}' already exists`);
    }
    const user = c.get("user");
    const saved = definitions.save(name, readDetails(data, noDetails, user, now()), user);
    activity.created(happening(saved, user));
    return c.json(shown(saved), 201);
  });

  routes.get("/:id", (c) => c.json(shown(find(c))));

  routes.on(["PATCH", "PUT"], "/:id", async (c) => {
    const before = find(c);
    const data = objectField(null, await readJson(c.req.raw)); // its name cannot be changed: it is not looked at
    const user = c.get("user");
    const after = definitions.save(before.name, readDetails(data, before, user, now()), user);
    activity.updated(happening(after, user), tracked(before), tracked(after), "changed");
    return c.json(shown(after));
  });

  routes.delete("/:id", (c) => {
    const definition = find(c);
    definitions.forget(definition.name);
    activity.deleted(happening(definition, c.get("user")));
    return c.body(null, 204);
  });

  routes.patch("/", refuseMethod); // open to a key, but without a route
  return routes;
}

function readDetails(data: Json, before: EventDetails, user: User | null, now: string): EventDetails {
  for (const key of ["owner", "enforcement_mode", "default_columns", "post_to_slack"]) {
    if (data[key] !== undefined) throw notInSandbox(`${key} of an event definition`);
  }
  const { description, tags, verified, hidden, primary_property: property } = data;
  const isVerified = verified === undefined ? undefined : booleanField("verified", verified);
  const isHidden = hidden === undefined ? undefined : booleanField("hidden", hidden);
  if (isVerified && isHidden) throw invalid(null, "An event cannot be both hidden and verified");
  const details: EventDetails = {
    ...before,
    ...(description !== undefined && {
      description: textField("description", description ?? "", { blank: true }),
    }),
    ...(tags !== undefined && { tags: readTags(tags) }),
    ...(property !== undefined && {
      primary_property: property === null ? null : textField("primary_property", property, { max: 400 }),
    }),
    hidden: isVerified ? false : (isHidden ?? before.hidden),
    verified: isHidden ? false : (isVerified ?? before.verified),
  };
  if (!details.verified) return { ...details, verified_at: null, verified_by: null };
  return before.verified ? details : { ...details, verified_at: now, verified_by: user };
}

function readTags(value: unknown): string[] {
  return [...new Set(listField("tags", value).map((tag) => textOf(tag).trim().toLowerCase()))];
}

function shown(definition: EventDefinition) {
  return {
    ...definition,
    last_updated_at: definition.updated_at ?? definition.last_seen_at,
    owner: null,
    enforcement_mode: "allow",
    default_columns: [],
    is_action: false,
    action_id: null,
    is_calculating: false,
    last_calculated_at: null,
    created_by: null,
    post_to_slack: false,
  };
}

function happening({ id, name }: EventDefinition, user: User | null) {
  return { scope: "EventDefinition" as const, itemId: id, name, user };
}

function tracked({ description, tags, verified, hidden, primary_property }: EventDefinition): Json {
  return { description, tags, verified, hidden, primary_property };
}
