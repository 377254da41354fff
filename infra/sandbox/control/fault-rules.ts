import { z } from "zod";
import { type Chance, createChance } from "../seed/chance.ts";

const ruleModel = z
  .strictObject({
    /** What comes in, or what functions send out. */
    on: z.enum(["requests", "deliveries"]).default("requests"),
    /** `path` is a regular expression over path and query; of a delivery, over the whole address. */
    match: z
      .strictObject({
        method: z.string().optional(),
        path: z.string().refine(isPattern, "no pattern").optional(),
      })
      .default({}),

    /** Answered instead; with `commit`, only after the request was carried out. */
    status: z.int().min(400).max(599).optional(),
    commit: z.boolean().default(false),
    /** Seconds, for a 429. */
    retryAfter: z.int().min(0).default(1),
    delayMs: z.number().min(0).default(0),
    /** The connection is cut before the request is carried out, or after it, without an answer. */
    cut: z.enum(["before", "after"]).optional(),
    /** A list loses its last row, or has its first one twice, as pages do whose order moves (contract §1.3). */
    rows: z.enum(["drop", "repeat"]).optional(),
    /** A run that is over runs again, under a new webhook-id, as after a crash of PostHog's worker (contract §2.3). */
    redeliver: z.literal(true).optional(),

    /** The first so many that fit are let through. */
    after: z.int().min(0).default(0),
    /** How often the rule holds; left out: until it is deleted. */
    times: z.int().min(1).optional(),
    /** Of those that fit; the same seed makes the same choices. */
    probability: z.number().min(0).max(1).default(1),
    seed: z.int().default(1),
  })
  .refine(({ rows, on }) => !rows || on === "requests", "`rows` is for requests")
  .refine(({ redeliver, on }) => !redeliver || on === "deliveries", "`redeliver` is for deliveries");

export const rulesModel = z.array(ruleModel);
export type Rule = z.output<typeof ruleModel>;

type Armed = { rule: Rule; path: RegExp; chance: Chance; seen: number; done: number };

/** A script of troubles: of the rules that fit, the first one whose turn it is applies; what it lets through the next may take. */
export class FaultRules {
  #armed: Armed[] = [];

  add(rules: Rule[]): void {
    this.#armed.push(
      ...rules.map((rule) => ({
        rule,
        path: new RegExp(rule.match.path ?? ""),
        chance: createChance(rule.seed),
        seen: 0,
        done: 0,
      })),
    );
  }

  clear(): void {
    this.#armed = [];
  }

  /** Those that may still apply. */
  list(): Rule[] {
    return this.#armed.map(({ rule }) => rule);
  }

  take(on: Rule["on"], method: string, path: string, isRedelivery = false): Rule | undefined {
    const fitting = this.#armed.filter(
      ({ rule, path: pattern }) =>
        rule.on === on &&
        (rule.redeliver === true) === isRedelivery &&
        (rule.match.method ?? method).toUpperCase() === method &&
        pattern.test(path),
    );
    const found = fitting.find(isItsTurn);
    if (!found) return undefined;
    found.done++;
    if (found.done === found.rule.times) this.#armed = this.#armed.filter((one) => one !== found);
    return found.rule;
  }
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) !== undefined;
  } catch {
    return false;
  }
}

function isItsTurn(armed: Armed): boolean {
  armed.seen++;
  return armed.seen > armed.rule.after && armed.chance.is(armed.rule.probability);
}
