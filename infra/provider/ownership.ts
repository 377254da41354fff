import { type Owner, otherTool, ownerOf, slugOf, stackOf } from "../wire/marker.ts";
import type { Upkeep } from "../wire/upkeep.ts";
import { RefusedError } from "./errors.ts";
import type { Owned, RunList } from "./run-list.ts";

/** What there is already: the object that the file adopts, or one that carries our marker, as a killed run leaves it (law 3). */
export async function findOurs<Row extends Owned>(
  list: RunList<Row>,
  { managed_by, adopt }: { managed_by: Owner } & Upkeep,
  noun: string,
): Promise<Row | undefined> {
  const marked = await findMarked(list, managed_by, noun);
  if (adopt === undefined || marked?.id === adopt) return marked;
  const adopted = await list.get(adopt);
  if (adopted === null)
    throw new RefusedError(
      `There is no ${noun} ${adopt} in PostHog to adopt. An id belongs to one project: for another stack's write it below \`environments\`. ` +
        "If it was deleted, take `adopt` out of the file: a new one will be created.",
    );
  const other = list.knownAs(adopt);
  if (other !== undefined && other !== managed_by)
    throw new RefusedError(
      `The ${noun} ${adopt} is that of ${other} already, by this stack's state. Take \`adopt\` out of the file; ` +
        "or, if that file shall have another one, take it away first and run `up`.",
    );
  if (marked)
    throw new RefusedError(
      `The file says to adopt ${adopt}, and the ${noun} ${marked.id} (${JSON.stringify(marked.name)}) carries the file's marker ` +
        `[hogwire:${managed_by}] already. Delete that one in PostHog, or take the last line out of its description; then run again.`,
    );
  refuseForeign(adopted, [managed_by], noun, takeOutMarker);
  return adopted;
}

/** A copy made in PostHog carries the marker too, and nothing here tells which is which. */
async function findMarked<Row extends Owned>(
  list: RunList<Row>,
  owner: Owner,
  noun: string,
): Promise<Row | undefined> {
  const [marked, ...copies] = await list.leftOver(owner);
  if (marked && copies.length > 0) {
    const ids = [marked, ...copies].map((row) => `${row.id} (${JSON.stringify(row.name)})`);
    throw new RefusedError(
      `${ids.length} ${noun}s in PostHog carry the marker [hogwire:${owner}]: ${ids.join(", ")}. ` +
        "Delete the copies in PostHog, or take the last line out of their descriptions; then run again.",
    );
  }
  if (marked) refuseForeign(marked, [owner], noun, takeOutMarker);
  return marked;
}

const takeOutMarker =
  "If nothing else manages it any more, take that marker out of its description in PostHog and run again.";

/**
 * Throws when the object in our state is another's by its marker (law 4). A lost marker is drift, not a new owner; that of
 * another file of this stack was written by a run that was killed while it renamed. `ours` may name two stacks: one was renamed.
 */
export function refuseOthers(remote: Owned, ours: [Owner, ...Owner[]], noun: string): void {
  const owner = ownerOf(remote.description);
  const isOfStack = owner !== null && ours.some((one) => stackOf(owner) === stackOf(one));
  const stack = slugOf(stackOf(ours[0]));
  refuseForeign(
    remote,
    isOfStack ? [owner] : [],
    noun,
    `If it shall be that one's, remove its file here, or say \`environments: { ${stack}: absent }\`, ` +
      `and then run \`npx pulumi state delete URN --stack ${stack}\` ` +
      `(\`npx pulumi stack --show-urns --stack ${stack}\` lists the URNs). ` +
      "If it shall stay this stack's, take that marker out of its description in PostHog and run again.",
  );
}

function refuseForeign(remote: Owned, ours: Owner[], noun: string, wayOut: string): void {
  const owner = ownerOf(remote.description);
  const other =
    otherTool(remote.description) ?? (owner !== null && !ours.includes(owner) ? owner : undefined);
  if (other === undefined) return;
  throw new RefusedError(
    `The ${noun} ${JSON.stringify(remote.name)} (${remote.id}) is marked as managed by ${other}, so it is left as it is. ${wayOut}`,
  );
}
