import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { isSecret, missingSetting, readConfiguration, setting, typedSetting } from "./configuration.ts";
import { environmentFile, receiverEnvironment } from "./deploy/environment.ts";
import { ReceiverProcess } from "./deploy/process.ts";
import { manifestInputs } from "./manifest-inputs.ts";
import { Destination, EventFilter, Manifest } from "./provider/resources.ts";
import { signingSecret } from "./receiver/signing-secret.ts";
import { hasErrors, renderDiagnostics } from "./spec/diagnostic.ts";
import { unhandledEvents } from "./spec/handled-events.ts";
import { loadProject } from "./spec/load.ts";
import { isPrivateHost } from "./spec/lowering/private-host.ts";
import { placeInWords } from "./spec/place-in-words.ts";
import { lowerProject } from "./spec/project.ts";
import { skipStackTracesOfPulumi } from "./stack-traces.ts";

// The SDK's debug lines print each registered resource whole, in clear what the program made of secrets; `up --json` and
// event logs hold them unasked.
Object.assign(pulumi.log, { debug: async () => {} });

const stack = pulumi.getStack();
const { configuration, diagnostics } = readConfiguration();
const { host, projectId, receiverUrl, signingKey, signingGeneration } = configuration;

// Everything is read and checked before the first resource is registered: a run that is refused changes nothing.
const project = await loadProject(resolve(import.meta.dirname, ".."));
const lowered = lowerProject(project, {
  stack,
  resolver: { config: typedSetting, secret: setting, isSecret },
  receiverUrl,
  isLocal: isPrivateHost(URL.parse(host)?.hostname ?? ""),
  signingSecret: (slug) => signingSecret(signingKey, slug, signingGeneration),
});
// Deliveries to a file's former name may still be under way.
const routes = Object.fromEntries(
  lowered.destinations.flatMap(({ lowered: { slug, aliases = [] }, handlers }) =>
    handlers.length > 0 ? [slug, ...aliases].map((name) => [name, handlers]) : [],
  ),
);
const receiver = await receiverEnvironment({ ...configuration, stack, routes, setting });
const found = [
  ...diagnostics,
  ...lowered.diagnostics,
  ...receiver.problems.map(missingSetting),
  ...unhandledEvents(lowered, receiver.handles),
];
if (hasErrors(found)) throw new pulumi.RunError(`\n${renderDiagnostics(found)}`);
if (found.length > 0) pulumi.log.warn(renderDiagnostics(found));

const owner = `${pulumi.getProject()}/${stack}`;
skipStackTracesOfPulumi();
const place = { host, project: projectId };
const placed = (slug: string) => ({ ...place, managed_by: `${owner}/${slug}` });
const manifest = new Manifest("manifest", manifestInputs(lowered, { ...place, stack, owner }));
const dependsOn: pulumi.Resource[] = [manifest];
if (configuration.receiver === "process" && Object.keys(routes).length > 0) {
  dependsOn.push(new ReceiverProcess("receiver", receiver.environment, { dependsOn: manifest }));
}
const eventFilters = Object.fromEntries(
  lowered.eventFilters.map((filter) => {
    const inputs = { ...filter, ...placed(filter.slug) };
    return [filter.slug, new EventFilter(filter.slug, inputs, { dependsOn })];
  }),
);
for (const { lowered: destination } of lowered.destinations) {
  const inputs = { ...destination, ...placed(destination.slug), eventFilters };
  new Destination(destination.slug, inputs, { dependsOn });
}

/** What sends where: slug to handlers, or in words to where else. */
export const destinations = Object.fromEntries(
  lowered.destinations.map(({ lowered: destination, handlers }) => [
    destination.slug,
    { enabled: destination.enabled, to: handlers.length > 0 ? handlers : [placeInWords(destination)] },
  ]),
);
/** For `npx node --env-file=… infra/receiver/main.ts`, wherever the receiver runs. */
export const receiverEnvironmentFile = pulumi.secret(environmentFile(receiver.environment));
