import type { Json } from "./json.ts";

/** What a file says of its object's life: inputs that PostHog does not have. */
export type Upkeep = {
  /** The id of the object in PostHog that is taken over, where otherwise one would be created. */
  adopt?: string | undefined;
  lifecycle?: Lifecycle | undefined;
};

export type Lifecycle = {
  /** It is never deleted in PostHog. */
  retain?: true | undefined;
  /** It follows its template; otherwise it keeps the copy it was made of (contract §1.12). */
  upgrade?: true | undefined;
};

/** As it was: PostHog does not know. */
export function upkeepOf({ adopt, lifecycle }: Upkeep): Json {
  return { ...(adopt !== undefined && { adopt }), ...(lifecycle !== undefined && { lifecycle }) };
}
