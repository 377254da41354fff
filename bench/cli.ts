import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { median, report } from "./measure.ts";

const ROUNDS = 15;
const hogwire = join(import.meta.dirname, "../infra/cli/hogwire.js");

/** The whole life of a command's process, against that of a Node which does nothing; in turn, so that both meet the same machine. */
export async function cli(): Promise<void> {
  const commands = {
    node: ["-e", "0"],
    help: [hogwire, "--help"],
    check: [hogwire, "check", join(import.meta.dirname, "../destinations/signup-notifications.yaml")],
  };
  const run = (args: string[]) => {
    const started = performance.now();
    execFileSync(process.execPath, args, { stdio: "ignore" });
    return performance.now() - started;
  };
  for (const args of Object.values(commands)) run(args); // what is compiled is kept from here on
  const rounds = Array.from({ length: ROUNDS }, () => ({
    node: run(commands.node),
    help: run(commands.help),
    check: run(commands.check),
  }));
  const of = (key: keyof typeof commands) => median(rounds, (round) => round[key])[key];
  report("cli", {
    node_ms: of("node"),
    help_ms: of("help"),
    check_ms: of("check"),
    help_ratio: of("help") / of("node"),
    check_ratio: of("check") / of("node"),
  });
}
