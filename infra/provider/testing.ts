import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import { type FakePostHog, startFakePostHog } from "../posthog/fake-posthog.ts";
import type { Clock } from "../posthog/limiter.ts";
import { without } from "../wire/json.ts";
import { createProvider, type ProviderOptions } from "./index.ts";
import type { Properties } from "./inputs.ts";

/** For tests: the sandbox as somebody with curl sees it. */
export type PostHogByHand = {
  /** `api("GET", "actions/")` of project 1; throws what is not a 2xx. */
  api(method: string, path: string, body?: unknown): Promise<Properties>;
  /** What PostHog has in a collection under the marker of `slug`. */
  marked(
    collection: "hog_functions" | "actions",
    slug: string,
  ): Promise<(Properties & { id: string | number })[]>;
  faults(...rules: object[]): Promise<void>;
  /** `POST /api/…` and the like since the last `reset`. */
  requests(): Promise<string[]>;
  /** Ends all faults, forgets all requests. */
  reset(): Promise<void>;
};

export function byHand({ url }: { url: string }): PostHogByHand {
  async function call(method: string, path: string, body?: unknown): Promise<Properties> {
    const response = await fetch(`${url}/${path}`, {
      method,
      headers: { Authorization: "Bearer phx_sandbox", "Content-Type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${answer}`);
    return answer === "" ? {} : JSON.parse(answer);
  }
  const api = (method: string, path: string, body?: unknown) => call(method, `api/projects/1/${path}`, body);

  return {
    api,
    async marked(collection, slug) {
      const query = collection === "actions" ? "" : "?full=true&limit=500";
      const { results } = (await api("GET", `${collection}/${query}`)) as {
        results: (Properties & { id: string })[];
      };
      return results.filter((row) => String(row.description).includes(`/${slug}]`));
    },
    async faults(...rules) {
      await call("POST", "_sandbox/faults", rules);
    },
    async requests() {
      const { requests } = (await call("GET", "_sandbox/requests")) as {
        requests: { method: string; path: string }[];
      };
      return requests
        .filter(({ path }) => path.startsWith("/api/"))
        .map(({ method, path }) => `${method} ${path.split("?")[0]}`);
    },
    async reset() {
      await call("DELETE", "_sandbox/faults");
      await call("DELETE", "_sandbox/requests");
    },
  };
}

let slept = 0;
/** Sleeps at once: its time jumps. */
const instant: Clock = {
  now: () => Date.now() + slept,
  async sleep(milliseconds) {
    slept += milliseconds;
  },
};

/** As the stack's configuration has it; `undefined` for none. */
export type TestOptions = ProviderOptions & { signingKey?: string | undefined };

/** A provider process of its own, as each run has one. */
export function providerOf(options: TestOptions = {}): Required<dynamic.ResourceProvider> {
  const { signingKey, ...more } = { signingKey: "c2lnbmluZyBrZXkgb2YgdGhlIHRlc3Rz", ...options };
  const provider = createProvider({
    env: { POSTHOG_API_KEY: "phx_sandbox" },
    clock: instant,
    say: () => {},
    ...more,
  });
  const get = (key: string) => (key === "hogwire:signingKey" ? signingKey : undefined);
  void provider.configure({ config: { get, require: (key) => get(key) ?? "" } });
  return provider;
}

/** What the sandbox cannot be made to do: an old PostHog, and one that drops what it was sent. */
export async function withFake(work: (fake: FakePostHog) => Promise<void>): Promise<void> {
  const fake = await startFakePostHog("phx_sandbox");
  try {
    await work(fake);
  } finally {
    await fake.close();
  }
}

/** What a run does with one resource. */
export type Operation = "create" | "update" | "replace" | "same" | "delete";

/** One resource as the engine leads it through runs with `refresh: always`, each run with a provider of its own. */
export function createEngine(options?: TestOptions) {
  let state: { id: string; inputs: Properties; outs: Properties } | undefined;

  /** As in the first half of each run; the inputs that would have written what is there now. */
  async function refresh(): Promise<Properties | undefined> {
    if (!state) return undefined;
    const { id, props = {}, inputs = state.inputs } = await providerOf(options).read(state.id, state.outs);
    const loader = { __provider: "loader" };
    state = id ? { id, inputs: { ...inputs, ...loader }, outs: { ...props, ...loader } } : undefined;
    return state?.inputs;
  }

  async function up(news: Properties | undefined): Promise<Operation> {
    await refresh();
    const provider = providerOf(options);
    if (news === undefined) {
      if (state) await provider.delete(state.id, state.outs);
      state = undefined;
      return "delete";
    }
    const { failures = [] } = await provider.check(state?.inputs ?? {}, news);
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    if (!state) {
      state = { inputs: news, ...created(await provider.create(news)) };
      return "create";
    }
    if (isDeepStrictEqual(plain(state.inputs), plain(news))) return "same";
    const { replaces = [], deleteBeforeReplace } = await provider.diff(state.id, state.outs, news);
    if (replaces.length > 0) {
      if (!deleteBeforeReplace) throw new Error("a create would find the old object by its marker");
      await provider.delete(state.id, state.outs);
      state = { inputs: news, ...created(await provider.create(news)) };
      return "replace";
    }
    const { outs = {} } = await provider.update(state.id, state.outs, news);
    state = { id: state.id, inputs: news, outs };
    return "update";
  }

  return {
    up,
    refresh,
    get id() {
      return state?.id;
    },
  };
}

function created({ id, outs = {} }: dynamic.CreateResult) {
  return { id, outs };
}

function plain(inputs: Properties): Properties {
  return JSON.parse(JSON.stringify(without(inputs, ["__provider"])));
}
