import type { HogCompiler } from "../hog/compile.ts";
import { type Diagnostic, hasErrors } from "./diagnostic.ts";
import type { LoweredDestination, LoweredWebhook } from "./lowered.ts";
import { checkThatEventsAreNamed, type KnownFilters, lowerFilters } from "./lowering/filters.ts";
import { type LayerOptions, layer } from "./lowering/layer.ts";
import { lowerLifecycle } from "./lowering/lifecycle.ts";
import { lowerMasking } from "./lowering/masking.ts";
import { ABSENT } from "./lowering/overlay.ts";
import { destinationPlaces } from "./lowering/places.ts";
import { type CodeFiles, checkWays, lowerWay } from "./lowering/ways.ts";
import { BODY_PRESETS } from "./lowering/webhook.ts";
import { type DestinationParts, mergedModel, partsModel } from "./model/destination.ts";
import type { Policy } from "./model/policy.ts";
import type { ParsedYaml } from "./parse.ts";
import { isMap, type Path } from "./path.ts";
import type { TemplateText, Tools } from "./report.ts";
import { DESTINATION_RULES } from "./rules/index.ts";
import { checkShape, type OldKeys, salvage } from "./shape.ts";
import { nearest } from "./suggest.ts";

export type DestinationSource = ParsedYaml & { slug: string };

export type LowerOptions = LayerOptions & {
  /** Where PostHog reaches the receiver, `http://host:port`. */
  receiverUrl?: string | undefined;
  /** `whsec_…`, what a destination with handlers is signed with. */
  signingSecret: (slug: string) => string;
  /** The stack's PostHog is on this machine, so that it may send to this machine. */
  isLocal?: boolean | undefined;
};

/** What the rest of the project says that a destination may refer to. */
export type Surroundings = {
  compiler: HogCompiler;
  handlers: ReadonlySet<string>;
  filters: KnownFilters;
  code: CodeFiles;
  policy: Policy;
};

export type Lowering = {
  /** Left out when something is wrong, and when the destination is absent from this stack. */
  lowered?: LoweredDestination;
  absent: boolean;
  /** The handlers that the receiver calls for it. */
  handlers: string[];
  /** Destinations that are meant to send the same as this one. */
  overlaps: string[];
  /** Where each condition and event of the lowered filters stands in the file. */
  origins: ReadonlyMap<object, Path>;
  texts: TemplateText[];
  diagnostics: Diagnostic[];
};

/** One destination as one stack has it. Never throws for what a file may hold; every diagnostic has its place. */
export function lowerDestination(
  parsed: DestinationSource,
  options: LowerOptions,
  surroundings: Surroundings,
): Lowering {
  const nothing = {
    handlers: [],
    overlaps: [],
    origins: new Map(),
    texts: [],
    diagnostics: parsed.diagnostics,
  };
  // Broken YAML has said what is wrong; its value would only say it again in other words.
  if (parsed.value === undefined) return { absent: false, ...nothing };
  const file = layer(parsed, options, destinationPlaces, surroundings.compiler);
  if (file === ABSENT) return { absent: true, ...nothing };

  const { slug } = parsed;
  const { tools, secrets, isUnknown } = file;
  const { stack, isLocal = stack === "dev" } = options;
  checkWays(file.value, tools);
  const parts: DestinationParts =
    checkShape(mergedModel, file.value, tools.report, OLD_KEYS) ?? salvage(file.value, partsModel) ?? {};
  const { name, description, enabled = true, handlers = [], overlaps = [] } = parts;
  if (MARKER.test(description ?? "")) {
    const hint = "Take the marker out: the destination would be taken for that one's.";
    const message = "`description` holds the marker by which a tool knows what it manages";
    tools.report({ code: "HW015", path: ["description"], message, hint });
  }
  if (isMap(file.value)) checkThatEventsAreNamed(file.value.filters, tools);
  const filters = parts.filters && lowerFilters(parts.filters, surroundings.filters, tools);
  checkHandlers(handlers, surroundings.handlers, options, tools);
  const way =
    lowerWay(parts, { secrets, code: surroundings.code, isUnknown, isLocal }, tools) ??
    (handlers.length > 0 ? { webhook: receiverWebhook(slug, options) } : undefined);
  const masking = lowerMasking(parts, filters, tools);
  const lifecycle = lowerLifecycle(parts, slug, tools.report);
  for (const rule of DESTINATION_RULES)
    rule({ file: parts, stack, filters, way, handlers, policy: surroundings.policy, ...tools });

  const diagnostics = file.diagnostics();
  const { origins, texts } = tools;
  const found = { absent: false, handlers, overlaps, origins, texts, diagnostics };
  const knowsEvents =
    filters !== undefined && (filters.events !== undefined || filters.source === "person-updates");
  const knowsAddress = parts.webhook === undefined || parts.webhook.url !== undefined;
  if (hasErrors(diagnostics) || !knowsEvents || !knowsAddress || name === undefined || way === undefined)
    return found;
  const text = description?.trim();
  return {
    ...found,
    lowered: {
      slug,
      // PostHog trims both (contract §1.4): untrimmed they would differ from what comes back, for ever.
      name: name.trim(),
      ...(text ? { description: text } : {}),
      enabled,
      filters,
      ...(masking ? { masking } : {}),
      ...way,
      ...lifecycle,
    },
  };
}

// Ours, and that of PostHog's own definitions (contract §11.1).
const MARKER = /\[hogwire:|<!--\s*iac:/;

/** What guides that never matched PostHog's API write, and its own JSON has elsewhere (contract §1.1). */
const OLD_KEYS: OldKeys = {
  config: { hint: "Its place is `webhook`.", fix: { kind: "rename", key: "webhook" } },
  type: {
    hint: "The key that says where to send says what it is: remove this one.",
    fix: { kind: "remove" },
  },
  template_id: { hint: "It is `template: { id: …, inputs: { … } }`." },
  inputs: { hint: "They stand under `template:` or `hog:`; of a webhook each is a key of `webhook:`." },
  events: { hint: "Its place is under `filters:`." },
};

/** `handlers` is a webhook to this project's receiver; its body carries the event's uuid, by which it is handled once. */
function receiverWebhook(slug: string, { receiverUrl = "", signingSecret }: LowerOptions): LoweredWebhook {
  return {
    url: `${receiverUrl.replace(/\/+$/, "")}/d/${slug}`,
    body: BODY_PRESETS.event,
    signing_secret: signingSecret(slug),
  };
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
      const message = `the handler \`${handler}\` is named twice`;
      report({ code: "HW015", path, message, hint: "Remove one of the two." });
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
