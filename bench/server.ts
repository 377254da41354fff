import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export const hogwire = join(import.meta.dirname, "../infra/cli/hogwire.js");

export type Server = { child: ChildProcess; url: string; milliseconds: number };

/** Runs a server until it says its address; `milliseconds` from the spawn to that. */
export async function start(args: string[]): Promise<Server> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  const url = await new Promise<string>((found, reject) => {
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
      const address = /http:\/\/[\d.]+:\d+/.exec(said)?.[0];
      if (address !== undefined) found(address);
    });
    child.once("close", () => reject(new Error(`${args.join(" ")} ended`)));
  });
  return { child, url, milliseconds: performance.now() - started };
}

export async function end(child: ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  await once(child, "close");
}
