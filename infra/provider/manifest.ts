import type { dynamic } from "@pulumi/pulumi";
import { z } from "zod";
import { PostHogError } from "../posthog/errors.ts";
import type { Connect, Connection } from "./connection.ts";
import { RefusedError } from "./errors.ts";
import type { Properties } from "./inputs.ts";
import { orphansInWords } from "./orphans.ts";
import { requireAll } from "./requirements.ts";

export type ManifestOptions = {
  connect: Connect;
  /** The configuration key `hogwire:confirmRemoval`. */
  confirmed: () => string | undefined;
  say: (text: string) => void;
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
  /** The names of its event filters' files, former ones too, to what they are called now. */
  eventFilters?: Record<string, string>;
  /** The former names of files, to what they are called now. */
  renamed?: Record<string, string>;
  /** Those that stay in PostHog when their file goes. */
  retained?: string[];
  needs: Needs;
};

/** What a PostHog must have for a stack's destinations: ids of templates, signed webhooks, names of group types. */
export type Needs = { templates: string[]; signing?: true | undefined; groups?: string[] | undefined };

/** An older state has neither `owner` nor what is below it. */
const manifest = z.object({
  host: z.string(),
  project: z.string(),
  stack: z.string(),
  owner: z.string().optional(),
  slugs: z.record(z.string(), z.boolean()),
  eventFilters: z.record(z.string(), z.string()).default({}),
  renamed: z.record(z.string(), z.string()).default({}),
  retained: z.array(z.string()).default([]),
  needs: z
    .object({
      templates: z.array(z.string()),
      signing: z.literal(true).optional(),
      groups: z.array(z.string()).optional(),
    })
    .default({ templates: [] }),
});
type Known = z.infer<typeof manifest>;

/**
 * The list of a stack's destinations, in state only. Every destination depends on it: when its check refuses a run,
 * in `preview` as in `up --skip-preview`, or its create or update refuses a PostHog, nothing else is touched. `destroy`
 * checks nothing.
 */
export function createManifestProvider({ connect, confirmed, say }: ManifestOptions) {
  /** Throws unless the project can be read, too: replacing deletes first, and must not find out only then. */
  async function prepare(inputs: Known): Promise<Connection> {
    const connection = connect(inputs);
    await connection.functions.load();
    await requireAll(inputs.needs, connection);
    if (await isWithoutVersions(connection))
      say(
        `The PostHog at ${inputs.host} is an older one that does not count versions: a secret that somebody replaces there stays unseen.`,
      );
    return connection;
  }

  return {
    async check(olds: Properties, news: Properties) {
      const before = manifest.safeParse(olds).data;
      const after = manifest.parse(news);
      if (!before) return { inputs: news };
      const stopped = stoppedBy(before, after);
      const count = Object.keys(before.slugs).length;
      const tooMany = stopped.length > removableCount && stopped.length > removableShare * count;
      if (!tooMany || confirmed() === String(stopped.length)) return { inputs: news };
      return { inputs: news, failures: [{ property: "", reason: refusal(stopped, count, after.stack) }] };
    },

    /** Says nothing of changes: the engine then compares the inputs itself, all of them. */
    async diff() {
      return {};
    },

    async create(inputs: Properties) {
      const known = manifest.parse(inputs);
      const connection = await prepare(known);
      const orphans = await orphansInWords(known, connection);
      if (orphans !== undefined) say(orphans);
      return { id: "manifest", outs: { ...inputs } };
    },

    async update(_id: string, _olds: Properties, news: Properties) {
      await prepare(manifest.parse(news));
      return { outs: { ...news } };
    },

    async read(id: string, properties: Properties = {}) {
      const known = manifest.parse(properties);
      try {
        const orphans = await orphansInWords(known, connect(known));
        if (orphans !== undefined) say(orphans);
      } catch (error) {
        // A notice fails no run; where PostHog cannot be reached, the read of each destination says so.
        if (!(error instanceof PostHogError || error instanceof RefusedError)) throw error;
        say(`What this stack left behind in PostHog could not be looked for. ${error.message}`);
      }
      return { id, props: { ...properties } };
    },

    async delete() {},
  } satisfies dynamic.ResourceProvider;
}

/** Rows tell; a PostHog without any that has no projects path yet has no versions either. */
async function isWithoutVersions({ functions, client }: Connection): Promise<boolean> {
  const [first] = await functions.entries();
  return first ? first.row.version == null : client.isOlder();
}

/** What was there and will not be, or was enabled and will not be. In another project each is deleted here and created there. */
function stoppedBy(before: Known, after: Known): string[] {
  const isMove = before.host !== after.host || before.project !== after.project;
  const there = new Map(isMove ? [] : Object.entries(after.slugs));
  const renamed = new Map(Object.entries(after.renamed));
  const kept = new Set(Object.keys(before.slugs).filter((slug) => there.has(slug)));
  return Object.entries(before.slugs).flatMap(([slug, wasEnabled]) => {
    const heir = renamed.get(slug);
    const becomes = there.has(slug) || heir === undefined || kept.has(heir) ? slug : heir;
    kept.add(becomes); // a file takes over one of its former names
    const isEnabled = there.get(becomes);
    const stays = isEnabled === undefined ? before.retained.includes(slug) : isEnabled || !wasEnabled;
    return stays ? [] : [slug];
  });
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
