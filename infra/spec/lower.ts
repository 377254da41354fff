import type { HogCompiler } from "../hog/compile.ts";
import { type Diagnostic, hasErrors, tidy } from "./diagnostic.ts";
import { lowerFilters } from "./filters.ts";
import type { LoweredDestination, LoweredWebhook } from "./lowered.ts";
import { destinationModel } from "./model.ts";
import { ABSENT, environmentsOf, overlay } from "./overlay.ts";
import type { ParsedYaml } from "./parse.ts";
import { isMap, type Path } from "./path.ts";
import { type Resolver, resolveReferences } from "./references.ts";
import { type Problem, type Tools, toDiagnostic } from "./report.ts";
import { checkShape, salvage } from "./shape.ts";
import { nearest } from "./suggest.ts";
import { BODY_PRESETS, lowerWebhook } from "./webhook.ts";

export type DestinationSource = ParsedYaml & { slug: string };

export type LowerOptions = {
  /** The stack whose environment is merged over the file; none: the file without environments. */
  stack?: string | undefined;
  /** None when offline: references stand for themselves, and nothing is said about their values. */
  resolver?: Resolver | undefined;
  /** Where PostHog reaches the receiver, `http://host:port`. */
  receiverUrl?: string | undefined;
  /** `whsec_…`, what a destination with handlers is signed with. */
  signingSecret: (slug: string) => string;
};

export type Lowering = {
  /** Left out when something is wrong, and when the destination is absent from this stack. */
  lowered?: LoweredDestination;
  absent: boolean;
  /** The handlers that the receiver calls for it. */
  handlers: string[];
  diagnostics: Diagnostic[];
};

/** One destination as one stack has it. Never throws for what a file may hold; every diagnostic has its place. */
export function lowerDestination(
  { slug, source, value, diagnostics }: DestinationSource,
  options: LowerOptions,
  knownHandlers: ReadonlySet<string>,
  compiler: HogCompiler,
): Lowering {
  // Broken YAML has said what is wrong; its value would only say it again in other words.
  if (value === undefined) return { absent: false, handlers: [], diagnostics };
  const { stack } = options;
  const merged = isMap(value) ? overlay(value, stack) : value;
  if (merged === ABSENT) return { absent: true, handlers: [], diagnostics };

  const problems: Problem[] = [];
  const resolved = resolveReferences(merged, options.resolver, stack, (problem) => problems.push(problem));
  const isUnknown = (path: Path) =>
    resolved.unknown.some((unknown) => unknown.every((key, at) => path[at] === key));
  const tools: Tools = {
    compiler,
    report: (problem) => {
      if (!isUnknown(problem.path)) problems.push(problem);
    },
  };

  checkEnvironments(value, stack, tools);
  checkWays(resolved.value, tools);
  // The overlays are checked by merging each: their own shape is only a map.
  const environments = isMap(value) && "environments" in value ? { environments: value.environments } : {};
  const file = isMap(resolved.value) ? { ...resolved.value, ...environments } : resolved.value;
  const {
    name,
    description,
    enabled = true,
    ...parts
  } = checkShape(destinationModel, file, tools.report) ?? salvage(file);
  const filters = parts.filters && lowerFilters(parts.filters, tools);
  const handlers = parts.handlers ?? [];
  checkHandlers(handlers, knownHandlers, options, tools);
  const toReceiver = handlers.length > 0 ? receiverWebhook(slug, options) : undefined;
  const webhook = parts.webhook ? lowerWebhook(parts.webhook, resolved.secrets, tools) : toReceiver;

  const roots: Path[] = stack === undefined ? [[]] : [["environments", stack], []];
  const found = problems.map((problem) => redact(problem, resolved.secretValues));
  const all = tidy([...diagnostics, ...found.map((problem) => toDiagnostic(source, roots, problem))]);
  const isWhole =
    parts.filters?.events !== undefined && (parts.webhook === undefined || parts.webhook.url !== undefined);
  if (hasErrors(all) || !isWhole || name === undefined || filters === undefined || webhook === undefined) {
    return { absent: false, handlers, diagnostics: all };
  }
  const text = description?.trim();
  return {
    // PostHog trims both (contract §1.4): untrimmed they would differ from what comes back, for ever.
    lowered: { slug, name: name.trim(), ...(text ? { description: text } : {}), enabled, filters, webhook },
    absent: false,
    handlers,
    diagnostics: all,
  };
}

/** The compiler's messages quote what they do not understand (law 5). */
function redact({ message, hint, ...problem }: Problem, secrets: string[]): Problem {
  const clean = (text: string) => secrets.reduce((shorter, secret) => shorter.replaceAll(secret, "…"), text);
  return { ...problem, message: clean(message), ...(hint === undefined ? {} : { hint: clean(hint) }) };
}

/** `handlers` is a webhook to this project's receiver; its body carries the event's uuid, by which it is handled once. */
function receiverWebhook(slug: string, { receiverUrl = "", signingSecret }: LowerOptions): LoweredWebhook {
  return {
    url: `${receiverUrl.replace(/\/+$/, "")}/d/${slug}`,
    body: BODY_PRESETS.event,
    signing_secret: signingSecret(slug),
  };
}

function checkEnvironments(file: unknown, stack: string | undefined, { report }: Tools): void {
  if (stack === undefined) return;
  const environments = environmentsOf(file);
  const own = environments[stack];
  const near = own === undefined ? nearest(stack, Object.keys(environments)) : undefined;
  if (near !== undefined) {
    // `prdo: absent` would be live in `prod` (law 1); but `eu` beside `us` is no mistake.
    const message = `this stack is \`${stack}\`, so the environment \`${near}\` has no effect here`;
    const hint = `If \`${stack}\` is meant, mend the name.`;
    report({ code: "HW016", severity: "warning", path: ["environments", near], part: "key", message, hint });
  }
  if (!isMap(own) || !("environments" in own)) return;
  report({
    code: "HW010",
    path: ["environments"],
    part: "key",
    message: "an environment cannot have `environments`",
  });
}

const WAYS = ["handlers", "webhook"];
const LATER_WAYS = ["slack", "template", "hog"];

function checkWays(file: unknown, { report }: Tools): void {
  if (!isMap(file)) return;
  const [first, second] = WAYS.filter((way) => Object.hasOwn(file, way));
  if (second !== undefined) {
    const hint = "Keep one, and make a second file for the other.";
    const message = `a destination has \`${first}\` or \`${second}\`, not both`;
    report({ code: "HW013", path: [second], part: "key", message, hint });
  } else if (
    first === undefined &&
    !Object.keys(file).some((key) => nearest(key, [...WAYS, ...LATER_WAYS]))
  ) {
    const hint = "Add `handlers: [name]`, for code in destinations/handlers/, or `webhook: { url: … }`.";
    report({ code: "HW013", path: [], message: "the destination does not say where to send", hint });
  }
}

function checkHandlers(
  handlers: string[],
  known: ReadonlySet<string>,
  { receiverUrl, stack }: LowerOptions,
  { report }: Tools,
): void {
  for (const [index, handler] of handlers.entries()) {
    const path = ["handlers", index];
    if (handlers.indexOf(handler) < index) {
      report({ code: "HW015", path, message: `the handler \`${handler}\` is named twice` });
    } else if (!known.has(handler)) {
      const near = nearest(handler, known);
      const hint =
        near === undefined ? "Write that file, or name another handler." : `Did you mean \`${near}\`?`;
      report({ code: "HW052", path, message: `there is no destinations/handlers/${handler}.ts`, hint });
    }
  }
  if (handlers.length === 0 || (receiverUrl !== undefined && /^https?:\/\/[^\s/]/.test(receiverUrl))) return;
  const message =
    receiverUrl === undefined ? "`receiverUrl` is not set" : "`receiverUrl` is not an http or https address";
  const hint = `Say where PostHog reaches the receiver: npx pulumi config set hogwire:receiverUrl https://… --stack ${stack ?? "STACK"}`;
  report({ code: "HW053", path: ["handlers"], part: "key", message, hint });
}
