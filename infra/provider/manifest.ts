import type { dynamic } from "@pulumi/pulumi";
import { z } from "zod";
import type { Connect } from "./connection.ts";
import type { Properties } from "./inputs.ts";

export type ManifestOptions = {
  connect: Connect;
  /** The configuration key `hogwire:confirmRemoval`. */
  confirmed: () => string | undefined;
};

/** Each destination of the stack by its slug, and whether it is enabled. */
export type Slugs = Record<string, boolean>;

/** More than both, and a run needs a word more than `--yes`. */
const removableCount = 3;
const removableShare = 0.3;

/** The inputs of a `Manifest` resource: where the stack's destinations are, which, and what they need. */
export type ManifestInputs = {
  host: string;
  project: string;
  stack: string;
  /** The marker of the stack's objects without their slug: `<project>/<stack>`. */
  owner: string;
  slugs: Slugs;
  /** The former names of files, to what they are called now. */
  renamed?: Record<string, string>;
  /** Those that stay in PostHog when their file goes. */
  retained?: string[];
  needs: Needs;
};

/** What a PostHog must have for a stack's destinations: ids of templates, signed webhooks, names of group types. */
export type Needs = { templates: string[]; signing?: true; groups?: string[] };

const manifest = z.object({
  host: z.string(),
  project: z.string(),
  stack: z.string(),
  slugs: z.record(z.string(), z.boolean()),
});

/**
 * The list of a stack's destinations, in state only. Every destination depends on it, so when its check refuses
 * nothing else is touched, in `preview` as in `up --skip-preview`; `destroy` checks nothing.
 */
export function createManifestProvider({ connect, confirmed }: ManifestOptions) {
  /** Throws unless the project can be read: replacing deletes first, and must not find out only then. */
  async function reach(inputs: Properties): Promise<void> {
    await connect(manifest.parse(inputs)).functions.load();
  }

  return {
    async check(olds: Properties, news: Properties) {
      const before = manifest.safeParse(olds).data;
      const after = manifest.parse(news);
      if (!before) return { inputs: news };
      // In another project each destination is deleted here and created there.
      const stopped = stoppedBy(before.slugs, isMove(before, after) ? {} : after.slugs);
      const count = Object.keys(before.slugs).length;
      const tooMany = stopped.length > removableCount && stopped.length > removableShare * count;
      if (!tooMany || confirmed() === String(stopped.length)) return { inputs: news };
      return { inputs: news, failures: [{ property: "", reason: refusal(stopped, count, after.stack) }] };
    },

    async diff() {
      return {};
    },

    async create(inputs: Properties) {
      await reach(inputs);
      return { id: "manifest", outs: { ...inputs } };
    },

    async update(_id: string, olds: Properties, news: Properties) {
      if (isMove(olds, news)) await reach(news);
      return { outs: { ...news } };
    },

    async read(id: string, properties: Properties = {}) {
      return { id, props: { ...properties } };
    },

    async delete() {},
  } satisfies dynamic.ResourceProvider;
}

function isMove(olds: Properties, news: Properties): boolean {
  return olds.host !== news.host || olds.project !== news.project;
}

/** What was there and will not be, or was enabled and will not be. */
function stoppedBy(before: Slugs, after: Slugs): string[] {
  return Object.entries(before)
    .filter(([slug, enabled]) => after[slug] === undefined || (enabled && !after[slug]))
    .map(([slug]) => slug);
}

function refusal(stopped: string[], of: number, stack: string): string {
  const count = stopped.length;
  const named = stopped.slice(0, 10).join(", ") + (count > 10 ? `, and ${count - 10} more` : "");
  return (
    `this run deletes or disables ${count} of ${of} destinations: ${named}. Nothing was changed. ` +
    `If that is meant: npx pulumi config set hogwire:confirmRemoval ${count} --stack ${stack}, run again, ` +
    `then npx pulumi config rm hogwire:confirmRemoval --stack ${stack}`
  );
}
