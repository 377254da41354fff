import { existsSync, globSync, statSync } from "node:fs";
import { join } from "node:path";
import { receiverRuns } from "../deploy/ensure.ts";
import { listDeliveries, replayDelivery, showDelivery } from "../receiver/admin.ts";
import { inboxFile } from "../receiver/sqlite.ts";
import type { ReceiverView, SampleEvent } from "../sandbox/console/receiver-view.ts";
import { freshDistinctId, type SampleEvent as Sample } from "./following/samples.ts";
import { receiverData, root } from "./paths.ts";

/** So that neither the start nor the first page waits for the project's files. */
const warmUpAfter = 1_000;

/** What the console shows beside the sandbox itself: the inbox of a stack's receiver, and the project's samples. */
export function consoleSources(
  stack: string,
  folder = root,
): { receiver: ReceiverView; samples: () => Promise<SampleEvent[]> } {
  const told = projectOf(folder, stack);
  // The page that asks says what is wrong
  setTimeout(() => told().catch(() => {}), warmUpAfter).unref();
  const data = folder === root ? receiverData(stack) : join(folder, ".data", stack);
  return {
    receiver: receiverView(stack, data, async () => (await told()).handlers),
    samples: async () => (await told()).samples.map(forForm),
  };
}

function receiverView(stack: string, data: string, handlers: ReceiverView["handlers"]): ReceiverView {
  const file = inboxFile(data);
  const written = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return {
    stack,
    running: () => receiverRuns(data),
    // What is committed goes to the log first, and to the file later
    version: () => `${written(`${file}-wal`)} ${written(file)}`,
    list: (query) => (existsSync(file) ? listDeliveries(data, query) : []),
    show: (id) => (existsSync(file) ? showDelivery(data, id) : undefined),
    replay: (id) => replayDelivery(data, id, Date.now()),
    handlers,
  };
}

type Told = { handlers: Map<string, string[]>; samples: Sample[] };

/** What the project's files say, read anew when one of them was written. */
function projectOf(folder: string, stack: string): () => Promise<Told> {
  let known: { key: string; told: Promise<Told> } | undefined;
  return () => {
    const files = globSync("destinations/**/*.{yaml,yml}", { cwd: folder }).sort();
    const key = files.map((file) => `${file} ${statSync(join(folder, file)).mtimeMs}`).join("\n");
    if (known?.key !== key) known = { key, told: tell(folder, stack) };
    return known.told;
  };
}

/** Imports what it needs itself: the start of a sandbox does not wait for that. */
async function tell(folder: string, stack: string): Promise<Told> {
  const [{ loadProject }, { lowerProject }, { sampleEvents }] = await Promise.all([
    import("../spec/load.ts"),
    import("../spec/project.ts"),
    import("./following/samples.ts"),
  ]);
  const project = await loadProject(folder);
  // Only who handles what is asked, so any address and any secret will do
  const offline = { stack, receiverUrl: "http://127.0.0.1", signingSecret: () => "whsec_", isLocal: true };
  const { destinations } = lowerProject(project, offline);
  const slugs = project.destinations.map(({ slug }) => slug);
  return {
    handlers: new Map(
      destinations.flatMap(({ lowered: { slug }, handlers }) =>
        handlers.length > 0 ? [[slug, handlers]] : [],
      ),
    ),
    samples: sampleEvents(project, slugs, stack),
  };
}

/** As a person would type it; of somebody new each time, unless the sample says who. */
function forForm({ name, event }: Sample): SampleEvent {
  const groups = Object.entries(event.groups).map(([type, { id, properties }]) => {
    return [type, Object.keys(properties).length > 0 ? { id, properties } : id];
  });
  return {
    name,
    event: event.event,
    distinctId: event.distinct_id ?? freshDistinctId(),
    properties: event.properties,
    person: event.person ?? {},
    groups: Object.fromEntries(groups),
  };
}
