import { freePort } from "../infra/e2e/project.ts";
import { median, report } from "./measure.ts";
import { end, hogwire, type Server, start } from "./server.ts";
import { type BenchStack, createStack, everyCheckpoint, type Timed } from "./stack.ts";
import { type Row, terraform } from "./terraform.ts";

const DESTINATIONS = 1_000;
const MANY = 5_000;
const ROUNDS = 3;

const works = {
  up: ["up", "--yes", "--skip-preview"],
  preview: ["preview"],
  refresh: ["refresh", "--preview-only"],
};
type Work = keyof typeof works;
type Round = Record<Work, { ours: Timed; floor: Timed }>;

/**
 * 1,000 destinations through the real engine, the sandbox in a process of its own: created, then looked at with nothing
 * changed. The floor is the same program with the same inputs, whose resources are `pulumi.dynamic.Resource`s that do
 * nothing. Both in turn, work by work, each time from nothing; the middle round by its ratio.
 */
export async function engine(): Promise<void> {
  const port = await freePort();
  const host = `http://127.0.0.1:${port}`;
  const startSandbox = () => start([hogwire, "sandbox", "--port", String(port), "--memory"]);
  const ours = await createStack({ host, count: DESTINATIONS });
  const floor = await createStack({ host, count: DESTINATIONS, isFloor: true });
  const many = await createStack({ host, count: MANY });
  try {
    const rounds: Round[] = [];
    let rows: Row[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await ours.empty();
      await floor.empty();
      await beside(startSandbox, async () => {
        rounds.push({
          up: await both("up", ours, floor),
          preview: await both("preview", ours, floor),
          refresh: await both("refresh", ours, floor),
        });
        rows = await allRows(host);
      });
    }
    const stateBytes = ours.stateBytes();

    await ours.empty();
    const byDefault = await beside(startSandbox, () => ours.pulumi(works.up, everyCheckpoint));
    const five = await beside(startSandbox, async () => ({
      up: await many.pulumi(works.up),
      preview: await many.pulumi(works.preview),
      refresh: await many.pulumi(works.refresh),
    }));
    const theirs = await beside(startSandbox, async () => terraform(host, rows));

    const of = (work: Work) =>
      median(
        rounds.map((round) => ({
          ...round[work],
          ratio: round[work].ours.seconds / round[work].floor.seconds,
        })),
        ({ ratio }) => ratio,
      );
    const typical = { up: of("up"), preview: of("preview"), refresh: of("refresh") };
    const peak = Math.max(...rounds.flatMap((round) => Object.values(round).map((one) => one.ours.peakMb)));
    console.table(
      Object.fromEntries(
        (["preview", "up", "refresh"] as const).map((work) => [
          works[work].join(" "),
          {
            Hogwire: inSeconds(typical[work].ours.seconds),
            "does nothing": inSeconds(typical[work].floor.seconds),
            ratio: typical[work].ratio.toFixed(2),
            [`Hogwire, ${MANY}`]: inSeconds(five[work].seconds),
            "Terraform, PostHog's provider": theirs ? inSeconds(theirs[work]) : "not measured",
          },
        ]),
      ),
    );
    report("engine", {
      preview_ratio: typical.preview.ratio,
      up_ratio: typical.up.ratio,
      refresh_ratio: typical.refresh.ratio,
      preview_s: typical.preview.ours.seconds,
      up_s: typical.up.ours.seconds,
      refresh_s: typical.refresh.ours.seconds,
      up_default_s: byDefault.seconds,
      state_bytes: stateBytes,
      peak_mb: peak,
      peak_mb_5000: Math.max(five.up.peakMb, five.preview.peakMb, five.refresh.peakMb),
    });
  } finally {
    for (const stack of [ours, floor, many]) stack.remove();
  }
}

async function both(work: Work, ours: BenchStack, floor: BenchStack) {
  return { ours: await ours.pulumi(works[work]), floor: await floor.pulumi(works[work]) };
}

async function beside<T>(startServer: () => Promise<Server>, work: () => Promise<T>): Promise<T> {
  const { child } = await startServer();
  try {
    return await work();
  } finally {
    await end(child);
  }
}

async function allRows(host: string): Promise<Row[]> {
  const headers = { Authorization: "Bearer phx_sandbox" };
  const query = `full=true&type=destination&limit=${2 * DESTINATIONS}`;
  const list = await fetch(`${host}/api/projects/1/hog_functions/?${query}`, { headers });
  const { results } = (await list.json()) as { results: Row[] }; // contract §1.3
  return results;
}

function inSeconds(seconds: number): string {
  return `${seconds.toFixed(1)} s`;
}
