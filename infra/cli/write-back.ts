import { randomUUID } from "node:crypto";
import { access, chmod, constants, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { CommandError } from "./output.ts";

const BYTE_ORDER_MARK = "\uFEFF";

/**
 * Puts `after` in the place of `before`, whole or not at all. Refuses when the file is not what it was, or leads out of
 * the project. Mode, and a mark for UTF-8, stay.
 */
export async function writeBack(root: string, file: string, before: string, after: string): Promise<void> {
  const path = await realpath(join(root, file)); // a link within the project stays a link
  if (!path.startsWith(join(await realpath(root), sep)))
    throw new CommandError(`${file} leads out of the project.`);
  await access(path, constants.W_OK).catch((cause) => {
    throw new CommandError(`${file} cannot be written. Check its permissions.`, { cause });
  });
  const text = await readFile(path, "utf8");
  const mark = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : "";
  if (text !== mark + before)
    throw new CommandError(`${file} has changed in the meantime. Run the command again.`);
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await writeFile(temporary, mark + after, { flag: "wx", flush: true });
    await chmod(temporary, (await stat(path)).mode);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
