import { cross, dim, tick } from "../output.ts";
import type { Branch, Journey, MockedRequest, Stage, Step, Stop } from "./journey.ts";

const not: Record<Stage, string> = {
  captured: "not captured",
  matched: "not matched",
  sent: "not sent",
  stored: "not stored",
  handled: "not handled",
};
const width = Math.max(...Object.values(not).map((words) => words.length));

/** One line a stage, with its milliseconds; each destination under its name. `isFine`: nothing else was wanted of it. */
export function inWords(
  { captured, stopped, branches }: Journey,
  isFine: (branch: Branch) => boolean,
): string {
  return [
    ...(captured ? [step(captured, "")] : []),
    ...(stopped ? [stop(stopped, cross(), "")] : []),
    ...branches.flatMap((branch) => [
      branch.slug,
      ...branch.steps.map((one) => step(one, "  ")),
      ...(branch.stopped ? [stop(branch.stopped, isFine(branch) ? dim("·") : cross(), "  ")] : []),
      ...(branch.requests ?? []).map(request),
    ]),
  ].join("\n");
}

/** The stages that were reached, of the destination that came furthest. */
export function inOneLine({ captured, branches }: Journey): string {
  const furthest = branches.toSorted((a, b) => b.steps.length - a.steps.length)[0];
  return [captured, ...(furthest?.steps ?? [])].flatMap((one) => one?.stage ?? []).join(" → ");
}

function step({ stage, ms, detail = "" }: Step, indent: string): string {
  return line(indent, tick(), stage, ms, detail === "" ? "" : dim(detail));
}

function stop({ stage, ms, reason, hint, place }: Stop, mark: string, indent: string): string {
  const margin = " ".repeat(indent.length + width + 15);
  const at = place && `${place.file}:${place.line}:${place.column}`;
  const below = [at, hint].filter((one) => one !== undefined).map((one) => `\n${margin}${dim(one)}`);
  return line(indent, mark, not[stage], ms, reason) + below.join("");
}

/** As HTTP writes it; a body that is no text as JSON. */
function request({ method, url, headers, signed, body }: MockedRequest): string {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const text = typeof body === "string" ? body : JSON.stringify(body, null, 2);
  const signature = signed ? [dim("webhook-id, webhook-timestamp, webhook-signature")] : [];
  const content = body === undefined ? [] : ["", text];
  return [`${method} ${url}`, ...fields, ...signature, ...content].join("\n").replace(/^/gm, "    ");
}

function line(indent: string, mark: string, what: string, ms: number, rest: string): string {
  return `${indent}${mark} ${what.padEnd(width)} ${`${ms} ms`.padStart(10)}  ${rest}`.trimEnd();
}
