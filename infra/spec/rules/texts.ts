import { valueAt } from "../path.ts";
import type { Subject } from "./rule.ts";

/**
 * `{event}` inside text becomes the whole event as JSON, and so it does beside the flat fields that old guides send: there
 * its name is meant.
 */
export function checkEventNames({ file, texts, compiler, report }: Subject): void {
  for (const { text, path, liquid } of texts) {
    if (liquid) continue;
    for (const { name, path: fields, start, end } of compiler.globals(text)) {
      if (fields.length > 0 || (name !== "event" && name !== "person")) continue;
      const braces = bracesAround(text, start, end);
      if (braces === undefined) continue;
      const isText = text.trim().length > braces.end - braces.start;
      const siblings = valueAt(file, path.slice(0, -1));
      const isFlat =
        name === "event" &&
        path.at(-1) === "event" &&
        ["distinct_id", "timestamp"].some((key) => valueAt(siblings, [key]) !== undefined);
      if (!isText && !isFlat) continue;
      const meant = name === "event" ? "event.event" : "person.name";
      report({
        code: "HW044",
        severity: "warning",
        path,
        message: `\`{${name}}\` is the whole ${name}, not its name`,
        hint: `The name is {${meant}}.`,
        within: braces,
        fix: { kind: "splice", start, end, text: meant },
      });
    }
  }
}

/** Those right around a part of a text, blanks aside. */
function bracesAround(text: string, start: number, end: number): { start: number; end: number } | undefined {
  let [open, close] = [start - 1, end];
  while (text[open] === " ") open--;
  while (text[close] === " ") close++;
  return text[open] === "{" && text[close] === "}" ? { start: open, end: close + 1 } : undefined;
}

/** Contract §11.9. */
export function checkWithdrawn({ texts, filters, origins, compiler, report }: Subject): void {
  const message = "PostHog is withdrawing `event.properties.$set` from destinations";
  const hint = "Read the person's property: {person.properties.…}.";
  for (const { text, path, liquid } of texts) {
    if (liquid) continue;
    for (const {
      name,
      path: [section, key],
      start,
      end,
    } of compiler.globals(text)) {
      if (name === "event" && section === "properties" && key === "$set")
        report({ code: "HW045", severity: "warning", path, message, hint, within: { start, end } });
    }
  }
  const events = filters?.events ?? [];
  const conditions = [
    ...(filters?.properties ?? []),
    ...(events === "all" ? [] : events.flatMap(({ properties = [] }) => properties)),
  ];
  for (const condition of conditions) {
    const path = origins.get(condition);
    if (condition.key === "$set" && condition.type === undefined && path)
      report({
        code: "HW045",
        severity: "warning",
        path,
        message,
        hint: "Ask for the person's property, under `person:`.",
      });
  }
}

/** Contract §5.2: Liquid's output is escaped as HTML unless it ends in `| raw`. */
export function checkLiquid({ texts, report }: Subject): void {
  for (const { text, path, liquid } of texts) {
    if (!liquid) continue;
    for (const { start, end } of outputsOf(text)) {
      if (/\|\s*raw\s*-?\}\}$/.test(text.slice(start, end))) continue;
      report({
        code: "HW046",
        severity: "warning",
        path,
        message: "Liquid escapes this as HTML: `&` becomes `&amp;`, and quotes `&quot;`",
        hint: "End it in `| raw`, or write a Hog template: single braces, without `templating`.",
        within: { start, end },
      });
    }
  }
}

function* outputsOf(text: string): Generator<{ start: number; end: number }> {
  for (let start = text.indexOf("{{"); start !== -1; ) {
    const close = text.indexOf("}}", start + 2);
    if (close === -1) return;
    yield { start, end: close + 2 };
    start = text.indexOf("{{", close + 2);
  }
}
