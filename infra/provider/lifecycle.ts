import { isMap } from "../wire/json.ts";
import { RefusedError } from "./errors.ts";
import type { Properties } from "./inputs.ts";

/** Throws when a change would end an object that its file says to keep, or leave one behind (law 4). */
export function refuseLosing(
  id: string,
  olds: Properties,
  news: Properties,
  replaces: string[],
  noun: string,
): void {
  const slug = String(news.slug);
  const moves = replaces.some((path) => path === "host" || path === "project");
  const { adopt } = news;
  if (adopt !== undefined && adopt !== id && adopt !== olds.adopt && !moves)
    throw new RefusedError(
      `\`adopt: ${adopt}\` was added to the ${noun} \`${slug}\`, which is ${id} in PostHog already: one of the two would be left behind. ` +
        `Give ${adopt} a file of its own, or take this file away, run, and put it back with \`adopt\`.`,
    );
  const paths = replaces.map((path) => `\`${path}\``).join(", ");
  if (replaces.length > 0 && adopt !== undefined && (adopt === id || adopt === olds.adopt))
    throw new RefusedError(
      `The ${noun} \`${slug}\` (${id}) was adopted, and a change of ${paths} needs a new one in PostHog: the adopted one would be deleted. ` +
        "If that is meant, take `adopt` out of its file.",
    );
  if (replaces.length > 0 && !moves && isMap(olds.lifecycle) && olds.lifecycle.retain)
    throw new RefusedError(
      `The ${noun} \`${slug}\` (${id}) is retained, and a change of ${paths} needs a new one in PostHog: the old one would be deleted. ` +
        "If that is meant, take `lifecycle.retain` out of its file and run `up` once first.",
    );
}
