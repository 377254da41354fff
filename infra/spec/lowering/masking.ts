import type { HogCompiler } from "../../hog/compile.ts";
import { HogError } from "../../hog/hog-error.ts";
import type { LoweredFilters, LoweredMasking } from "../lowered.ts";
import type { DestinationParts } from "../model/destination.ts";
import type { Path } from "../path.ts";
import type { Fix, Tools } from "../report.ts";
import { nearest, slipOf } from "../suggest.ts";
import { checkTemplates } from "./templates.ts";

const SHORTEST = 60;
const LONGEST = 86_400; // contract §1.9

/** `once` or `masking`, so that it swallows no other event (contract §4.7, §11.2). */
export function lowerMasking(
  { once, masking }: DestinationParts,
  filters: LoweredFilters | undefined,
  tools: Tools,
): LoweredMasking | undefined {
  if (once && masking) {
    const hint = "Keep one: `once` is the short form of `masking`.";
    tools.report({
      code: "HW015",
      path: ["masking"],
      part: "key",
      message: "a destination has `once` or `masking`, not both",
      hint,
    });
  }
  if (once) {
    const ttl = seconds(once.within, tools);
    const hash = once.per.map((what, index) => hashOf(what, ["once", "per", index], tools)).join("/");
    const added: Fix = { kind: "set", path: ["once", "per", once.per.length], value: "event" };
    if (!once.per.includes("event")) checkSwallowing(filters, ["once", "per"], added, tools);
    return { ttl, hash };
  }
  if (!masking) return undefined;
  const { ttl, hash, threshold } = masking;
  if (ttl < SHORTEST || ttl > LONGEST) {
    const message = `\`masking.ttl\` is ${ttl} seconds: PostHog takes ${SHORTEST} to ${LONGEST}`;
    tools.report({ code: "HW070", path: ["masking", "ttl"], message });
  }
  if (typeof threshold === "number" && threshold < 2) {
    const message = `\`masking.threshold\` is ${threshold}: after fewer than 2, every event would be sent`;
    tools.report({
      code: "HW070",
      path: ["masking", "threshold"],
      message,
      hint: "Leave it out, or write 2 or more.",
    });
  }
  const isTemplate = checkTemplates(hash, ["masking", "hash"], tools);
  const added: Fix = { kind: "splice", start: hash.length, end: hash.length, text: "/{event.event}" };
  if (isTemplate && !readsEvent(hash, tools.compiler))
    checkSwallowing(filters, ["masking", "hash"], added, tools);
  return { ttl, hash, ...(threshold ? { threshold } : {}) };
}

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

function seconds(within: string, { report }: Tools): number {
  const [, count, unit = ""] = /^(\d+)\s*([smhd])$/.exec(within) ?? [];
  const ttl = Number(count) * (UNITS[unit] ?? Number.NaN);
  if (ttl >= SHORTEST && ttl <= LONGEST) return ttl;
  const message = Number.isNaN(ttl)
    ? `\`once.within\` is not a time: \`${within}\``
    : `\`once.within\` is ${ttl} seconds: PostHog takes ${SHORTEST} to ${LONGEST}`;
  report({
    code: "HW070",
    path: ["once", "within"],
    message,
    hint: "Write from `60s` to `24h`: `90s`, `30m`, `1h`, `1d`.",
  });
  return LONGEST;
}

const PER: Record<string, string> = {
  person: "{person.id}",
  event: "{event.event}",
  distinct_id: "{event.distinct_id}",
};

function hashOf(what: string, path: Path, { report }: Tools): string {
  if (Object.hasOwn(PER, what)) return PER[what] ?? "";
  const [, scope = "", key = ""] = /^(group|event\.properties|person\.properties)\.(.+)$/s.exec(what) ?? [];
  if (scope === "group") return `{groups${member(key)}.id}`;
  if (scope !== "") return `{${scope}${member(key)}}`;
  const words = [...Object.keys(PER), "group.<type>", "event.properties.<name>", "person.properties.<name>"];
  const near = nearest(what, Object.keys(PER));
  const slip = slipOf(what, Object.keys(PER));
  report({
    code: "HW015",
    path,
    message: `\`once.per\` has no \`${what}\``,
    hint: near === undefined ? `There are ${words.join(", ")}.` : `Did you mean \`${near}\`?`,
    ...(slip === undefined ? {} : { fix: { kind: "set", value: slip } }),
  });
  return "";
}

/** `.name`, or `['a name']` where it is no identifier (contract §5.1). */
function member(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `['${key.replace(/[\\']/g, "\\$&")}']`;
}

function readsEvent(hash: string, compiler: HogCompiler): boolean {
  try {
    return compiler
      .globals(hash)
      .some(({ name, path: [field] }) => name === "event" && (field ?? "event") === "event");
  } catch (error) {
    if (error instanceof HogError) return true; // reported where it stands
    throw error;
  }
}

/** PostHog counts for each destination, not for each event: the first of two would swallow the second. */
function checkSwallowing(filters: LoweredFilters | undefined, path: Path, fix: Fix, { report }: Tools): void {
  const { events = [] } = filters ?? {};
  const names =
    events === "all" ? [undefined] : events.map((event) => ("id" in event ? event.id : undefined));
  const isOneEvent = !names.includes(undefined) && new Set(names).size <= 1;
  if (isOneEvent) return;
  report({
    code: "HW071",
    path,
    message: "events of this destination are counted together, so one would swallow another",
    hint: path[0] === "once" ? "Add `event` to `per`." : "Put {event.event} into the hash.",
    fix,
  });
}
