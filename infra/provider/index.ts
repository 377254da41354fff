import type { dynamic } from "@pulumi/pulumi";
import { type Clock, systemClock } from "../posthog/limiter.ts";
import { createConnector } from "./connection.ts";
import { destinationKind } from "./destination.ts";
import { type EngineWatch, watchEngine } from "./engine-watch.ts";
import { RefusedError, withoutStack } from "./errors.ts";
import { eventFilterKind } from "./event-filter.ts";
import { hidingSecrets } from "./hiding-secrets.ts";
import type { Properties } from "./inputs.ts";
import { createManifestProvider } from "./manifest.ts";
import { createObjectProvider } from "./object-provider.ts";

export type ProviderOptions = {
  env?: NodeJS.ProcessEnv;
  clock?: Clock;
  say?: (text: string) => void;
  /** Where the engine listens; Pulumi gives it as the provider's first argument. */
  engineAddress?: string | undefined;
};

/** What the loader text of every resource loads: no top-level await in its import graph, or it cannot be `require`d. */
export const provider = createProvider();

/** The kind of a resource is an input, because all share one loader text (design §4). */
export function createProvider({
  env = process.env,
  clock = systemClock,
  say = console.log,
  engineAddress = process.argv[2],
}: ProviderOptions = {}): Required<dynamic.ResourceProvider> {
  let config: dynamic.Config | undefined;
  let engine: EngineWatch = { isThere: async () => true };

  function apiKey(): string {
    // The environment wins: `refresh` and `destroy` see the configuration of the last `up`.
    const key = env.POSTHOG_API_KEY || config?.get("hogwire:apiKey");
    if (key) return key;
    throw new RefusedError(
      "There is no PostHog API key. Set the environment variable POSTHOG_API_KEY, or the configuration: " +
        "npx pulumi config set hogwire:apiKey --secret --stack STACK",
    );
  }

  const signingKey = () => config?.get("hogwire:signingKey");
  const connect = createConnector({ apiKey, signingKey, say, clock });
  const options = { connect, engine: () => engine, clock };
  const kinds: Record<string, Required<Omit<dynamic.ResourceProvider, "configure">>> = {
    destination: createObjectProvider(destinationKind, options),
    "event-filter": createObjectProvider(eventFilterKind, options),
    manifest: createManifestProvider({
      connect,
      say,
      confirmed: () => config?.get("hogwire:confirmRemoval"),
    }),
  };

  function kindOf(properties: Properties) {
    const kind = kinds[String(properties.kind)];
    if (kind) return kind;
    throw new RefusedError(
      `There is no resource of kind ${JSON.stringify(properties.kind)} here: is the checkout older than the stack's state?`,
    );
  }

  /** Whatever fails: a proxy's answer, or `fetch` itself of a key with a line break in it, may quote the key. */
  function guarded<T>(work: () => Promise<T>): Promise<T> {
    const keys = ["hogwire:apiKey", "hogwire:signingKey"].map((key) => config?.get(key));
    return withoutStack(() => hidingSecrets([env.POSTHOG_API_KEY, ...keys], work));
  }

  return {
    // Done before the first `await`: the host does not wait for it (facts §2).
    async configure(request) {
      config = request.config;
      engine = watchEngine(engineAddress, () => process.exit(1));
    },
    check: (olds, news) => guarded(() => kindOf(news).check(olds, news)),
    diff: (id, olds, news) => guarded(() => kindOf(news).diff(id, olds, news)),
    create: (inputs) => guarded(() => kindOf(inputs).create(inputs)),
    read: (id, properties) => guarded(() => kindOf(properties).read(id, properties)),
    update: (id, olds, news) => guarded(() => kindOf(news).update(id, olds, news)),
    delete: (id, properties) => guarded(() => kindOf(properties).delete(id, properties)),
  };
}
