import type { LoweredLifecycle } from "../spec/lowered.ts";
import type { Json } from "./json.ts";

/** What of it stays among a resource's inputs; the rest are options of the engine. */
export type Upkeep = Pick<LoweredLifecycle, "adopt" | "lifecycle">;

/** As it was: PostHog does not know. */
export function upkeepOf({ adopt, lifecycle }: Upkeep): Json {
  return { ...(adopt !== undefined && { adopt }), ...(lifecycle !== undefined && { lifecycle }) };
}
