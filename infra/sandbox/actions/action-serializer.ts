import type { HogProperty } from "../../hog/types.ts";
import { invalid } from "../http/api-error.ts";
import {
  booleanField,
  choiceField,
  dateTimeField,
  dictionaryField,
  listField,
  objectField,
  textField,
  textOf,
} from "../http/fields.ts";
import type { Action, ActionConfig, ActionStep, Actions, StepMatching } from "./actions.ts";

const matchings = ["contains", "regex", "exact"] as const;

/**
 * The body of a POST, or (with `stored`) of a PATCH or PUT, in PostHog's order; throws `ApiError` for the first complaint.
 * What is left out stays, `steps` are replaced whole, unknown keys are dropped (contract §6.1).
 */
export function readAction(
  body: unknown,
  stored: Action | undefined,
  actions: Actions,
  now: string,
): ActionConfig {
  const data = objectField(null, body);
  const { name, description, tags, post_to_slack, slack_message_format, steps, deleted, pinned_at } = data;
  const blank = { blank: true };
  const config: ActionConfig = {
    name: name === undefined ? (stored?.name ?? null) : readName(name),
    description:
      description === undefined ? (stored?.description ?? "") : textField("description", description, blank),
    tags: tags === undefined ? (stored?.tags ?? []) : readTags(tags),
    post_to_slack:
      post_to_slack === undefined
        ? (stored?.post_to_slack ?? false)
        : booleanField("post_to_slack", post_to_slack),
    slack_message_format:
      slack_message_format === undefined
        ? (stored?.slack_message_format ?? "")
        : textField("slack_message_format", slack_message_format, { ...blank, max: 1200 }),
    steps: steps === undefined ? (stored?.steps ?? []) : readSteps(steps),
    deleted: deleted === undefined ? (stored?.deleted ?? false) : booleanField("deleted", deleted),
    pinned_at: pinned_at === undefined ? (stored?.pinned_at ?? null) : readPin(pinned_at, stored, now),
  };
  if (name !== undefined) checkName(config.name, stored, actions);
  return config;
}

/** An action as GET, POST and PATCH answer it. */
export function actionRepresentation(action: Action, bytecodeError: string | null) {
  return {
    id: action.id,
    name: action.name,
    description: action.description,
    tags: action.tags,
    post_to_slack: action.post_to_slack,
    slack_message_format: action.slack_message_format,
    // PostHog's own regular expression of a selector; nothing here reads it
    steps: action.steps.map((step) => ({ ...step, selector_regex: null })),
    created_at: action.created_at,
    created_by: action.created_by,
    deleted: action.deleted,
    is_calculating: false,
    last_calculated_at: action.created_at,
    team_id: 1,
    is_action: true,
    bytecode_error: bytecodeError,
    pinned_at: action.pinned_at,
    creation_context: null,
    user_access_level: "manager",
  };
}

function readName(value: unknown): string | null {
  return value === null ? null : textField("name", value, { blank: true, max: 400 });
}

/** Only a name that was sent is looked at: to undelete an action can give two the same one. */
function checkName(name: string | null, stored: Action | undefined, actions: Actions): void {
  if (name === "") throw invalid("name", "This field may not be blank.", "blank");
  const holder = actions.holderOf(name, stored?.id);
  if (holder === undefined) return;
  throw invalid("name", `This project already has an action with this name, ID ${holder}`, "unique");
}

function readTags(value: unknown): string[] {
  return [...new Set(listField("tags", value).map((tag) => textOf(tag).trim().toLowerCase()))];
}

/** Any time pins, and the server's clock says when; pinned once, it keeps its time. */
function readPin(value: unknown, stored: Action | undefined, now: string): string | null {
  if (value === null) return null;
  const given = dateTimeField("pinned_at", value);
  return stored ? (stored.pinned_at ?? now) : given;
}

function readSteps(value: unknown): ActionStep[] {
  const attr = value === null ? "steps" : "steps__non_field_errors"; // a nested serializer's own words
  return listField(attr, value).map((item, index) => readStep(`steps__${index}`, item));
}

/** Only `selector` and `url` lose their outer whitespace: an event's name may end with a space. */
function readStep(attr: string, value: unknown): ActionStep {
  const raw = objectField(attr, value);
  const text = (key: string, options: { trim: boolean }) => {
    const given = raw[key] ?? null;
    return given === null ? null : textField(`${attr}__${key}`, given, options);
  };
  const matching = (key: string): StepMatching | null => {
    const given = raw[key] ?? null;
    return given === null ? null : choiceField(`${attr}__${key}`, given, matchings);
  };
  return {
    event: text("event", { trim: false }),
    properties: readProperties(`${attr}__properties`, raw.properties ?? null),
    selector: text("selector", { trim: true }),
    tag_name: text("tag_name", { trim: false }),
    text: text("text", { trim: false }),
    text_matching: matching("text_matching"),
    href: text("href", { trim: false }),
    href_matching: matching("href_matching"),
    url: text("url", { trim: true }),
    url_matching: raw.url_matching === undefined ? "contains" : matching("url_matching"),
  };
}

function readProperties(attr: string, value: unknown): HogProperty[] | null {
  if (value === null) return null;
  const items = listField(attr, value);
  // free-form in PostHog as well; the compiler takes what it finds
  return items.map((item, index) => dictionaryField(`${attr}__${index}`, item) as HogProperty);
}
