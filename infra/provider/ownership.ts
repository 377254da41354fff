import { type Owner, otherTool, ownerOf } from "../wire/marker.ts";
import { RefusedError } from "./errors.ts";
import type { Owned, RunList } from "./run-list.ts";

/** The one that carries our marker, if any (law 3); a copy made in PostHog carries it too, and nothing here tells which is which. */
export async function findOurs<Row extends Owned>(
  list: RunList<Row>,
  owner: Owner,
  noun: string,
): Promise<Row | undefined> {
  const [ours, ...copies] = await list.ownedBy(owner);
  if (ours && copies.length > 0) {
    const ids = [ours, ...copies].map((row) => `${row.id} (${JSON.stringify(row.name)})`);
    throw new RefusedError(
      `${ids.length} ${noun}s in PostHog carry the marker [hogwire:${owner}]: ${ids.join(", ")}. ` +
        "Delete the copies in PostHog, or take the last line out of their descriptions; then run again.",
    );
  }
  if (ours) refuseForeign(ours, [owner], noun);
  return ours;
}

/** Throws unless the object is ours by its marker; a lost marker on an id that we know is drift, not a new owner (law 4). */
export function refuseForeign(remote: Owned, ours: Owner[], noun: string): void {
  const owner = ownerOf(remote.description);
  const other =
    otherTool(remote.description) ?? (owner !== null && !ours.includes(owner) ? owner : undefined);
  if (other === undefined) return;
  throw new RefusedError(
    `The ${noun} ${JSON.stringify(remote.name)} (${remote.id}) is marked as managed by ${other}, so it is left as it is. ` +
      "If it shall be that one's, take it out of this stack with `npx pulumi state delete`; " +
      "if it shall stay this stack's, remove the other marker from its description in PostHog.",
  );
}
