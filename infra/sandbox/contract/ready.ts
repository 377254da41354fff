import { openTarget, targetOfEnvironment } from "./target.ts";

/** Run before the facts are held against somebody's PostHog: one sentence instead of a failure for each of them. */
try {
  const { api } = await openTarget();
  const { status, text } = await api("GET", "hog_functions/?limit=1");
  if (status !== 200) throw new Error(`This PostHog answers ${status}: ${text}`);
  const { hasToken } = targetOfEnvironment();
  console.log(
    `Skipped there: what needs control over time, faults or several keys${hasToken ? "" : ", and what needs HOGWIRE_CONTRACT_TOKEN"} (docs/contract.md).`,
  );
} catch (error) {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  console.error(`✘ ${message}${cause instanceof Error ? `: ${cause.message}` : ""}`);
  process.exitCode = 2;
}
