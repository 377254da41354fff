import { join } from "node:path";

/**
 * Names the process that owns the inbox of a folder. The owner writes it once it holds the lock, so however many are
 * started, and whoever is killed meanwhile, it never names another.
 */
export function pidFile(folder: string): string {
  return join(folder, "receiver.pid");
}
