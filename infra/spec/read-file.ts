import { lstat, readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { MAX_BYTES, type ParsedYaml, parseYaml, tooLarge, unreadable } from "./parse.ts";

/** Texts that stand for what is on disk, by file: what is not written yet. */
export type Edited = ReadonlyMap<string, string>;

/** A YAML file of the project; whatever is wrong with it is among its diagnostics. */
export async function readYaml(root: string, file: string, edited?: Edited): Promise<ParsedYaml> {
  const text = edited?.get(file);
  if (text !== undefined) return parseYaml(file, new TextEncoder().encode(text));
  const bytes = await readBytes(root, file);
  return bytes instanceof Uint8Array ? parseYaml(file, bytes) : bytes;
}

/** Its bytes, or why it cannot be read. */
export async function readBytes(root: string, file: string): Promise<Uint8Array | ParsedYaml> {
  try {
    const path = join(root, file);
    // What a link shows would be in the diagnostics; and a pipe or a device has no end.
    const isLink = (await lstat(path)).isSymbolicLink();
    if (isLink && !(await realpath(path)).startsWith(join(await realpath(root), sep))) {
      return unreadable(file, "this link leads out of the project", "Put the file itself here.");
    }
    const found = await stat(path);
    if (!found.isFile()) return unreadable(file, "this is not a regular file", "Put the file itself here.");
    return found.size > MAX_BYTES ? tooLarge(file, found.size) : await readFile(path);
  } catch (error) {
    return unreadable(file, `the file cannot be read: ${String(errorCode(error))}`, "Check its permissions.");
  }
}

/** The names in a folder but for hidden ones; `undefined` where there is none. */
export async function listNames(folder: string, kind: "files" | "folders"): Promise<string[] | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() === (kind === "folders") && !entry.name.startsWith("."))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Throws what is not an error of the file system. */
function errorCode(error: unknown): unknown {
  if (error instanceof Error && "code" in error) return error.code;
  throw error;
}
