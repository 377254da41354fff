import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { stopReceiver } from "../deploy/ensure.ts";
import { CommandError, cross, tick } from "./output.ts";
import { receiverData, root } from "./paths.ts";
import { stopSandbox } from "./sandbox.ts";

/** `npm stop`: ends what `npm start` left running; what they stored stays. */
try {
  const receiver = await stopReceiver({ HOGWIRE_DATA: receiverData("dev") });
  const host = hostOfDev();
  const sandbox = host !== undefined && (await stopSandbox(host));
  const ended = [receiver && "the receiver", sandbox && "the sandbox"].filter((name) => name !== false);
  console.log(ended.length > 0 ? `${tick()} Stopped ${ended.join(" and ")}.` : "Nothing was running.");
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(`${cross()} ${error.message}`);
  process.exitCode = 1;
}

/** From the file and not from Pulumi, which wants a stack, a passphrase and no lock: this has to work always. */
function hostOfDev(): string | undefined {
  const file: unknown = parse(readFileSync(join(root, "Pulumi.dev.yaml"), "utf8"));
  const { config } = (file ?? {}) as { config?: Record<string, unknown> }; // as Pulumi writes it
  const host = config?.["hogwire:host"];
  return typeof host === "string" ? host : undefined;
}
