import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../infra/e2e/project.ts";
import { report } from "./measure.ts";
import { end, hogwire, start } from "./server.ts";
import { createStack } from "./stack.ts";

const DESTINATIONS = 1_000;

/** The hourly look for drift at 1,000 destinations, while PostHog takes its published 480 requests a minute (contract §6.7). */
export async function driftLimited(): Promise<void> {
  const port = await freePort();
  const host = `http://127.0.0.1:${port}`;
  const data = mkdtempSync(join(tmpdir(), "hogwire-bench-"));
  const sandbox = [hogwire, "sandbox", "--port", String(port), "--data", data];
  const stack = await createStack({ host, count: DESTINATIONS });
  try {
    const unlimited = await start(sandbox); // a first `up` of so many is no drift check
    await stack.pulumi(["up", "--yes", "--skip-preview"]);
    await end(unlimited.child);

    const limited = await start([...sandbox, "--rate-limits"]);
    try {
      const { seconds, output } = await stack.pulumi(["refresh", "--preview-only", "--expect-no-changes"]);
      const { requests } = (await (await fetch(`${host}/_sandbox/requests`)).json()) as Requests;
      const asked = requests.filter(({ path }) => path.startsWith("/api/"));
      const errors =
        asked.filter(({ status }) => status >= 400).length + (output.match(/error:/g) ?? []).length;
      report("drift-limited", { destinations: DESTINATIONS, seconds, requests: asked.length, errors });
    } finally {
      await end(limited.child);
    }
  } finally {
    stack.remove();
    rmSync(data, { recursive: true });
  }
}

/** The sandbox's own log. */
type Requests = { requests: { path: string; status: number }[] };
