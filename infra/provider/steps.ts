import type { Properties } from "./inputs.ts";
import type { Operation } from "./testing.ts";

/**
 * For tests: what may become of a resource.
 * One row a step, each run twice: the second finds nothing to do. `change` is merged over the inputs of the step before,
 * a key that is `undefined` leaves; `has` is what PostHog then has, `lacks` an input it has not; `byHand` is a PATCH of somebody's, and `shows` what the
 * next refresh sees of it, merged over the inputs in the same way; the run after puts it back.
 */
export type Step =
  | { step: string; change: Properties; does?: Operation; has?: object; lacks?: string }
  | { step: string; byHand: (row: Properties) => Properties; shows: Properties };

export type Life = [name: string, kind: string, inputs: Properties, steps: Step[]];
