import type { dynamic } from "@pulumi/pulumi";
import { z } from "zod";
import type { Properties } from "./inputs.ts";

export type ManifestOptions = {
  /** The configuration key `hogwire:confirmRemoval`. */
  confirmed: () => string | undefined;
};

/** Each destination of the stack by its slug, and whether it is enabled. */
export type Slugs = Record<string, boolean>;

/** More than both, and a run needs a word more than `--yes`. */
const removableCount = 3;
const removableShare = 0.3;

const manifest = z.object({ slugs: z.record(z.string(), z.boolean()) });

/**
 * The list of a stack's destinations, in state only. Every destination depends on it, so when its check refuses
 * nothing else is touched, in `preview` as in `up --skip-preview`; `destroy` checks nothing.
 */
export function createManifestProvider({ confirmed }: ManifestOptions) {
  return {
    async check(olds: Properties, news: Properties) {
      const before = manifest.safeParse(olds).data?.slugs ?? {};
      const after = manifest.parse(news).slugs;
      const stopped = stoppedBy(before, after);
      const tooMany =
        stopped.length > removableCount && stopped.length > removableShare * Object.keys(before).length;
      if (!tooMany || confirmed() === String(stopped.length)) return { inputs: news };
      return {
        inputs: news,
        failures: [{ property: "", reason: refusal(stopped, Object.keys(before).length) }],
      };
    },

    async diff() {
      return {};
    },

    async create(inputs: Properties) {
      return { id: "manifest", outs: { ...inputs } };
    },

    async update(_id: string, _olds: Properties, news: Properties) {
      return { outs: { ...news } };
    },

    async read(id: string, properties: Properties = {}) {
      return { id, props: { ...properties } };
    },

    async delete() {},
  } satisfies dynamic.ResourceProvider;
}

/** What was there and will not be, or was enabled and will not be. */
function stoppedBy(before: Slugs, after: Slugs): string[] {
  return Object.entries(before)
    .filter(([slug, enabled]) => after[slug] === undefined || (enabled && !after[slug]))
    .map(([slug]) => slug);
}

function refusal(stopped: string[], of: number): string {
  const count = stopped.length;
  const named = stopped.slice(0, 10).join(", ") + (count > 10 ? `, and ${count - 10} more` : "");
  return (
    `this run deletes or disables ${count} of ${of} destinations: ${named}. Nothing was changed. ` +
    `If that is meant: npx pulumi config set hogwire:confirmRemoval ${count}, run again, then npx pulumi config rm hogwire:confirmRemoval`
  );
}
