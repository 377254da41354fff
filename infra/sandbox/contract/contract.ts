import { afterAll, test } from "vitest";
import { openTarget, type Target, targetOfEnvironment } from "./target.ts";

/** One sentence about PostHog that can be held against an answer, by the section of the contract that it is from. */
export type Fact = {
  section: string;
  says: string;
  /** How sure the source is: read in code or a test of PostHog's, or only concluded from it. */
  certainty: "read" | "inferred" | "unverified";
  /** What a PostHog of somebody else cannot give: its time, its faults, several keys; or a project token. */
  needs?: "sandbox" | "token";
  /** Why no test says it. */
  untested?: string;
};

type Options = Partial<Pick<Fact, "certainty" | "needs">>;
type Check = (target: Target) => Promise<void>;

/** Every fact of the files imported so far. */
export const facts: Fact[] = [];

// Read for the table, the same files run nothing.
const isTestRun = process.env.VITEST !== undefined;
const { isSandbox, hasToken } = targetOfEnvironment();
let opened: Promise<Target> | undefined;

/** States a fact and how it shows. Files read by vitest make a test of it, against one target a file. */
export function fact(section: string, says: string, ...rest: [Check] | [Options, Check]): void {
  const [options, check] = rest.length === 1 ? [{}, rest[0]] : rest;
  const { certainty = "read", needs } = options;
  facts.push({ section, says, certainty, ...(needs && { needs }) });
  if (!isTestRun) return;
  const title = `§${section} ${says}${certainty === "read" ? "" : ` (${certainty})`}`;
  const isOutOfReach = !isSandbox && (needs === "sandbox" || (needs === "token" && !hasToken));
  const what = needs === "token" ? "HOGWIRE_CONTRACT_TOKEN" : "a sandbox";
  if (isOutOfReach) {
    test.skip(`${title} (needs ${what})`);
    return;
  }
  // another's PostHog may say to wait
  test(title, { timeout: isSandbox ? 20_000 : 300_000 }, async () => {
    opened ??= openTarget();
    await check(await opened);
  });
}

/** States a fact that no test here can hold, and why. */
export function untested(
  section: string,
  says: string,
  why: string,
  certainty: Fact["certainty"] = "read",
): void {
  facts.push({ section, says, certainty, untested: why });
}

if (isTestRun) {
  afterAll(async () => {
    await (await opened)?.close();
  }, 600_000);
}
