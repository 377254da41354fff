import type { Sample } from "../model/samples.ts";
import { dotted, isMap, type Path } from "../path.ts";
import type { Report } from "../report.ts";
import type { Sent } from "./offline.ts";

/** What became of a sample: what is sent, if it is, and where in the file that was decided. */
export type Verdict = { sent: Sent | undefined; decided: Path | undefined };

/** Reports each way in which it is not what the sample expects. */
export function judge(
  { name, expect }: Sample,
  path: Path,
  { sent, decided }: Verdict,
  report: Report,
): void {
  const isSent = sent !== undefined;
  const place = decided && dotted(decided);
  if (isSent !== expect.sent) {
    report({
      code: "HW060",
      path: [...path, "expect", "sent"],
      message: `sample \`${name}\`: expected the event ${expect.sent ? "" : "not "}to be sent, but it is${isSent ? "" : " not"}`,
      hint: hintOf(isSent, place),
    });
    return;
  }
  if (expect.because !== undefined && !isWithin(place, expect.because)) {
    report({
      code: "HW060",
      path: [...path, "expect", "because"],
      message: `sample \`${name}\`: something else decides`,
      hint: `expected ${expect.because}\n      but it is ${place ?? "nothing of the file"}`,
    });
  }
  if (!isSent) return;
  for (const part of ["url", "headers", "body", "inputs"] as const) {
    if (expect[part] === undefined) continue;
    if (!Object.hasOwn(sent, part)) {
      report({
        code: "HW061",
        path: [...path, "expect", part],
        part: "key",
        message: `sample \`${name}\`: \`${part}\` is not known offline`,
        hint: Object.hasOwn(sent, "inputs")
          ? "What a template makes of its inputs is PostHog's: expect `inputs`."
          : "Expect `url`, `headers` and `body`.",
      });
      continue;
    }
    const actual = part === "headers" ? inCaseOf(expect.headers, sent.headers) : sent[part];
    for (const { at, expected, found, there } of differences(expect[part], actual, [part])) {
      report({
        code: "HW060",
        path: [...path, "expect", ...at],
        message: `sample \`${name}\`: \`${dotted(at)}\` is not what is expected`,
        hint: `expected ${show(expected)}\n      but sent ${show(found)}${there}`,
      });
    }
  }
}

function hintOf(isSent: boolean, place: string | undefined): string {
  if (place === undefined) return isSent ? "The filter matches it." : "The filter does not match it.";
  if (place === "filters.events")
    return isSent ? "Every event is sent." : "No item of `filters.events` is this event.";
  if (place.startsWith("environments.")) return `\`${place}\` is \`absent\`.`;
  if (place === "hog.code") return "The filter matches it, but the code makes no request.";
  return isSent ? `\`${place}\` matches it.` : `\`${place}\` does not hold.`;
}

function isWithin(place: string | undefined, expected: string): boolean {
  return (
    place !== undefined &&
    (place === expected || place.startsWith(`${expected}.`) || place.startsWith(`${expected}[`))
  );
}

/** The case of a header's name does not matter: the sample's is taken. */
function inCaseOf(expected: Record<string, unknown> = {}, headers: unknown): unknown {
  if (!isMap(headers)) return headers;
  const names = new Map(Object.keys(expected).map((name) => [name.toLowerCase(), name]));
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [names.get(name.toLowerCase()) ?? name, value]),
  );
}

type Difference = { at: Path; expected: unknown; found: unknown; there: string };

/** Where `actual` does not hold what is expected of it: maps may have more keys, lists and single values may not differ. */
function differences(expected: unknown, actual: unknown, at: Path): Difference[] {
  if (isMap(expected) && isMap(actual)) {
    return Object.entries(expected).flatMap(([key, value]) => {
      const path = [...at, key];
      if (actual[key] !== undefined && Object.hasOwn(actual, key))
        return differences(value, actual[key], path);
      const keys = Object.keys(actual).join(", ");
      return [{ at: path, expected: value, found: undefined, there: keys === "" ? "" : ` (there: ${keys})` }];
    });
  }
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    return expected.flatMap((value, index) => differences(value, actual[index], [...at, index]));
  }
  return isSameOnTheWire(expected, actual) ? [] : [{ at, expected, found: actual, there: "" }];
}

/** A date is text there, and what is undefined is not there at all. */
function isSameOnTheWire(expected: unknown, actual: unknown): boolean {
  return expected === actual || JSON.stringify(expected) === JSON.stringify(actual ?? null);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
