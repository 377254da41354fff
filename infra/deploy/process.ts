import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ReceiverEnvironment } from "./ensure.ts";

const root = resolve(import.meta.dirname, "../..");
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
          Object.entries({ ...environment, HOGWIRE_CODE: codeHash() }).map(([key, value]) => [
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

/** Changes with the receiver's code, its handlers and the packages they use: then the Command updates in place. */
function codeHash(): string {
  const hash = createHash("sha256");
  const files = globSync(["infra/receiver/**/*.ts", "destinations/handlers/**/*.ts", "package-lock.json"], { cwd: root });
  for (const file of files.filter((name) => !name.endsWith(".test.ts")).sort()) {
    hash.update(file).update("\0").update(readFileSync(join(root, file))).update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}
