import { type Chance, createChance } from "../../sandbox/seed/chance.ts";
import type { PostHogByHand } from "../testing.ts";
import { copy, meddle, plantForeign, unmark } from "./by-hand.ts";
import { edit, type Files, newFiles } from "./files.ts";
import { type Collection, isMadeFor, type Row } from "./rows.ts";
import { newFaults } from "./troubles.ts";
import { createWorld, type Ids } from "./world.ts";

export type Outcome = { ended: "done" | "failed" | "killed"; output: string };

/** The real engine, or the small one. */
export type Engine = {
  /** Killed in the middle when a request waits there; `host` is in the files. */
  up(files: Files, chance: Chance, kill?: Kill): Promise<Outcome>;
  /** Fails unless there is nothing to do. */
  preview(files: Files, chance: Chance): Promise<Outcome>;
  ids(): Promise<Ids>;
  /** As the manifest's refusal says. */
  confirm(stopped: string): Promise<void>;
};

/** At which request of the run, and whether PostHog still carries that one out. */
export type Kill = { after: number; isCarriedOut: boolean };

export type Size = { destinations: number; eventFilters: number; rounds: number; slowestMs: number };

/**
 * Some runs of a project whose files change, while PostHog and the network misbehave, people meddle and runs are killed;
 * then the trouble ends, one run mends all, and the next finds nothing to do. `log` is told what happens.
 */
export async function survive(
  seed: number,
  {
    engine,
    posthog,
    size,
    log,
  }: { engine: Engine; posthog: PostHogByHand; size: Size; log: (what: string) => void },
): Promise<void> {
  const chance = createChance(seed);
  const world = createWorld(posthog);
  await plantForeign(posthog);
  for (const collection of ["hog_functions", "actions"] as const)
    for (const row of await world.living(collection)) world.isForeign(collection, row);
  const files = newFiles(chance, size.destinations, size.eventFilters);
  const copies: [Collection, Row][] = [];

  for (let round = 0; round < size.rounds; round++) {
    if (round > 0) await changeThings();
    world.declares(files);
    const requests = round === 0 ? 2 * size.destinations : size.destinations / 2;
    const kill = chance.is(0.6) && {
      after: chance.between(0, requests),
      isCarriedOut: chance.is(0.5),
    };
    await posthog.faults(...newFaults(chance, size.slowestMs));
    const { ended, output } = await engine.up(files, chance, kill || undefined);
    log(`run ${round}: ${ended}${kill ? ` (kill at ${kill.after})` : ""}\n${output}`);
    await posthog.reset();
    await world.holdsStill();
    await confirmed(output);
  }

  await unmarkCopies();
  let last = await engine.up(files, chance);
  log(`last: ${last.ended}\n${last.output}`);
  if (await confirmed(last.output)) {
    last = await engine.up(files, chance);
    log(`last: ${last.ended}\n${last.output}`);
  }
  if (last.ended !== "done") throw new Error("the trouble is over, and the run failed");
  await world.holdsStill();
  const preview = await engine.preview(files, chance);
  log(`preview: ${preview.ended}\n${preview.output}`);
  if (preview.ended !== "done") throw new Error("the run after the last one finds something to do");
  await world.isAsDeclared(files, await engine.ids(), preview.output);

  async function changeThings(): Promise<void> {
    await unmarkCopies();
    for (let left = chance.between(0, 3); left > 0; left--) log(edit(files, chance));
    const ids = new Set((await engine.ids()).values());
    for (let left = chance.between(0, 2); left > 0; left--)
      log(
        await meddle(
          posthog,
          chance,
          (collection, row) => world.ownSlug(collection, row) !== undefined && ids.has(String(row.id)),
        ),
      );
    if (chance.is(0.2)) await copyOne(chance.of(["hog_functions", "actions"]));
    await world.accepts();
  }

  /** One that stays as it is: where the original goes, nothing tells its copy from what a killed run left. */
  async function copyOne(collection: Collection): Promise<void> {
    const staying = (await world.living(collection)).filter((row) => {
      const slug = world.ownSlug(collection, row) ?? "";
      const file = files.destinations.get(slug);
      return collection === "actions" ? files.eventFilters.has(slug) : file && isMadeFor(row, file);
    });
    const row = chance.of(staying);
    if (!row) return;
    const copied = await copy(posthog, `Copy ${chance.uuid()}`, collection, row);
    world.isForeign(collection, copied);
    copies.push([collection, copied]);
    log(`copy ${collection} ${row.id} as ${copied.id}`);
  }

  async function unmarkCopies(): Promise<void> {
    for (const [collection, row] of copies.splice(0)) {
      await unmark(posthog, collection, row);
      const now = (await world.living(collection)).find(({ id }) => id === row.id);
      if (now) world.isForeign(collection, now);
    }
  }

  async function confirmed(output: string): Promise<boolean> {
    const stopped = output.match(/config set hogwire:confirmRemoval (\d+)/)?.[1];
    if (stopped !== undefined) await engine.confirm(stopped);
    return stopped !== undefined;
  }
}
