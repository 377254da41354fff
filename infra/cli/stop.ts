import { stopReceiver } from "../deploy/ensure.ts";
import { CommandError, cross, tick } from "./output.ts";
import { configuration } from "./pulumi.ts";
import { stopSandbox } from "./sandbox.ts";

/** `npm stop`: ends what `npm start` left running; what they stored stays. */
try {
  const receiver = await stopReceiver({ HOGWIRE_DATA: ".data/dev" });
  const { host } = await configuration("dev");
  const sandbox = host !== undefined && (await stopSandbox(host));
  const ended = [receiver && "the receiver", sandbox && "the sandbox"].filter((name) => name !== false);
  console.log(ended.length > 0 ? `${tick()} Stopped ${ended.join(" and ")}.` : "Nothing was running.");
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(`${cross()} ${error.message}`);
  process.exitCode = 1;
}
