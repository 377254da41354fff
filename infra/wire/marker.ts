/** Who an object belongs to, as its marker says: `<project>/<stack>/<slug>` (design §4, Ownership). */
export type Owner = string;

/** Where the file is that describes it. */
export type Folder = "destinations" | "destinations/filters";

export type Marked = {
  /** `null` when the marker is lost. */
  owner: Owner | null;
  /** The description without a whole marker line; a damaged one stays in it, to be seen as drift. */
  description: string;
};

const owner = /\[hogwire:([^\]\s]+)\]/g;

/** The last line of every description that Hogwire writes. */
export function withMarker(description: string, managedBy: Owner, folder: Folder): string {
  const line = markerLine(managedBy, folder);
  const text = description.trim();
  return text === "" ? line : `${text}\n\n${line}`;
}

export function readMarker(description: string, folder: Folder): Marked {
  const found = ownerOf(description);
  if (found === null) return { owner: null, description };
  const line = markerLine(found, folder);
  if (description === line) return { owner: found, description: "" };
  const end = `\n\n${line}`;
  return {
    owner: found,
    description: description.endsWith(end) ? description.slice(0, -end.length) : description,
  };
}

/** The last marker's word, whatever became of the rest of its line. */
export function ownerOf(description: string): Owner | null {
  return [...description.matchAll(owner)].at(-1)?.[1] ?? null;
}

/** `<project>/<stack>`. */
export function stackOf(owner: Owner): string {
  return owner.slice(0, owner.lastIndexOf("/"));
}

export function slugOf(owner: Owner): string {
  return owner.slice(owner.lastIndexOf("/") + 1);
}

/** The name of another tool that says it manages this object: never ours to take (contract §11.1). */
export function otherTool(description: string): string | undefined {
  return /<!--\s*iac:[\w-]+:/.test(description) ? "@posthog/definitions" : undefined;
}

function markerLine(managedBy: Owner, folder: Folder): string {
  return `Managed by Hogwire: ${folder}/${slugOf(managedBy)}.yaml [hogwire:${managedBy}]`;
}
