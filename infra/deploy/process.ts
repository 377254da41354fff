import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ReceiverEnvironment } from "./ensure.ts";

const secretVariables = ["HOGWIRE_SIGNING_KEY", "HOGWIRE_SETTINGS"];

/**
 * The receiver as a background process of this machine. Created, updated and deleted by one idempotent script
 * (`ensure.ts`), which ends only when the receiver can commit: a failing receiver fails its Command, so no destination
 * that depends on it is touched.
 */
export class ReceiverProcess extends pulumi.ComponentResource {
  constructor(name: string, environment: ReceiverEnvironment, options?: pulumi.ComponentResourceOptions) {
    super("hogwire:receiver:Process", name, {}, options);
    new local.Command(
      name,
      {
        create: "node deploy/ensure.ts start",
        delete: "node deploy/ensure.ts stop",
        environment: Object.fromEntries(
          Object.entries(environment).map(([key, value]) => [
            key,
            secretVariables.includes(key) ? pulumi.secret(value) : value,
          ]),
        ),
        addPreviousOutputInEnv: false,
      },
      { parent: this, deleteBeforeReplace: true },
    );
    this.registerOutputs();
  }
}
