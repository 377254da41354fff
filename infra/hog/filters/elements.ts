import { call, compare, constant, type Expression, field } from "../compiler/ast.ts";
import { HogError } from "../hog-error.ts";
import type { HogActionStep } from "../types.ts";
import { pythonText } from "./operators.ts";
import { selectorCondition } from "./selector.ts";

/** The event whose elements an action's step reads; PostHog ignores these fields for any other (contract §6.1). */
export const AUTOCAPTURE = "$autocapture";

const ELEMENT_FIELDS = ["selector", "tag_name", "href", "text"] as const;

/**
 * A condition of type `element`: on any of the elements from the clicked one upwards, for `href` on the first that has
 * one. `build` makes the condition on a text.
 */
export function elementCondition(
  key: string,
  operator: string,
  value: unknown,
  build: (text: Expression) => Expression,
): Expression {
  switch (key) {
    case "tag_name":
    case "selector": {
      if (operator !== "exact" && operator !== "is_not") {
        throw new HogError("unsupported", `Element \`${key}\` takes exact and is_not, not \`${operator}\``);
      }
      const name = pythonText(value);
      const found = key === "selector" ? selectorCondition(name) : tagCondition(name);
      return operator === "exact" ? found : call("not", found);
    }
    case "href":
      return build(field("elements_chain_href"));
    case "text":
      return someText("text", build);
    default:
      throw new HogError(
        "unsupported",
        `Element \`${key}\` does not exist: use tag_name, text, href or selector`,
      );
  }
}

/** What an action's step asks of the clicked element; for `$autocapture` only. */
export function stepElements(step: HogActionStep): Expression[] {
  const { selector, tag_name, href, text } = step;
  if (step.event !== AUTOCAPTURE) return [];
  return [
    ...(selector ? [selectorCondition(selector)] : []),
    ...(isGiven(tag_name) ? [tagCondition(tag_name)] : []),
    ...(isGiven(href) ? [matching(step.href_matching, field("elements_chain_href"), href)] : []),
    ...(isGiven(text) ? [someText("x", (one) => matching(step.text_matching, one, text))] : []),
  ];
}

/** The fields of a step that PostHog does not read, because its event is not `$autocapture`: it matches as if without them. */
export function ignoredFields(step: HogActionStep): string[] {
  return step.event === AUTOCAPTURE ? [] : ELEMENT_FIELDS.filter((key) => isGiven(step[key]));
}

function tagCondition(name: string): Expression {
  return compare("=~", field("elements_chain"), constant(`(^|;)${name}(\\.|$|;|:)`));
}

function someText(name: string, build: (text: Expression) => Expression): Expression {
  const lambda: Expression = { node: "Lambda", args: [name], expr: build(field(name)) };
  return call("arrayExists", lambda, field("elements_chain_texts"));
}

function matching(how: string | null | undefined, text: Expression, value: string): Expression {
  if (how === "regex") return compare("=~", text, constant(value));
  if (how === "contains") return compare("ilike", text, constant(`%${value}%`));
  return compare("==", text, constant(value));
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
