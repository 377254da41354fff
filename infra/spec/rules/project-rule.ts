import type { DestinationSource } from "../lower.ts";
import type { Environment } from "../samples.ts";

/** A destination as its file stands (`undefined`) and in each environment. */
export type CheckedDestination = DestinationSource & {
  environments: ReadonlyMap<string | undefined, Environment>;
};
