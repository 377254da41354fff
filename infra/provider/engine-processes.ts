import { execFileSync } from "node:child_process";

/** For tests that end some of what `pulumi` starts. */
export type Process = { pid: number; parent: number; command: string };

/** With all that they started in turn, itself first. */
export function withDescendants(pid: number): Process[] {
  const all: Process[] = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => {
      const [own = "", parent = "", ...command] = line.trim().split(/\s+/);
      return { pid: Number(own), parent: Number(parent), command: command.join(" ") };
    });
  const found = all.filter((one) => one.pid === pid);
  for (const { pid: parent } of found) found.push(...all.filter((one) => one.parent === parent));
  return found;
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
