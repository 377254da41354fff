import type { DatabaseSync } from "node:sqlite";
import type { FilterContext } from "../../hog/types.ts";
import type { Actions } from "../actions/actions.ts";
import type { Clock } from "../clock.ts";
import type { Faults } from "../control/faults.ts";
import type { Events } from "../events/events.ts";
import type { Persons } from "../events/persons.ts";
import type { SerializerContext } from "../functions/hog-function-serializer.ts";
import type { HogFunctions } from "../functions/hog-functions.ts";
import { FilterVersions } from "../matching/filter-versions.ts";
import { Masks } from "../matching/masking.ts";
import type { Project } from "../matching/occasions.ts";
import type { OwnCapture } from "../sending/loop-guard.ts";
import { Sender } from "../sending/send.ts";
import type { StandIns } from "../sending/stand-ins.ts";
import { Writes } from "../writes.ts";
import { Invocations } from "./invocations.ts";
import { Logs } from "./logs.ts";
import { Metrics } from "./metrics.ts";
import { Runtime } from "./runtime.ts";
import type { RuntimeSettings } from "./settings.ts";
import { filtered, traceOf } from "./trace.ts";
import { Watcher } from "./watcher.ts";

type CdpOptions = {
  database: DatabaseSync;
  clock: Clock;
  random: () => number;
  settings: RuntimeSettings;
  sendsAnywhere: boolean;
  faults: Pick<Faults, "around" | "isRedelivered">;
  standIns: StandIns;
  ownCapture: OwnCapture;
  project: Project;
  events: Events;
  functions: HogFunctions;
  persons: Persons;
  actions: Actions;
  /** What a function is checked with when it is saved. */
  context: SerializerContext;
};

export type Cdp = ReturnType<typeof createCdp>;

/** PostHog's customer data platform, the part that runs functions: what it remembers, and what works on it. */
export function createCdp(options: CdpOptions) {
  const { database, clock, settings, sendsAnywhere, faults, context } = options;
  const sender = new Sender(sendsAnywhere);
  const writes = new Writes(database);
  const parts = {
    ...options,
    writes,
    invocations: new Invocations(database, writes, clock),
    filterVersions: new FilterVersions(database),
    masks: new Masks(database, clock, settings),
    watcher: new Watcher(database, writes, clock, settings),
    metrics: new Metrics(database, writes, clock),
    logs: new Logs(database, writes),
    sender: faults.around(sender),
    isRedelivered: faults.isRedelivered.bind(faults),
  };
  const runtime = new Runtime(parts);
  const filterContext = (): FilterContext => context.project;
  const traced = { ...parts, compiler: context.compiler, filterContext };
  return {
    ...parts,
    runtime,
    trace: (uuid: string) => traceOf(uuid, traced),
    /** Why a function's filters said no to the event in a row. */
    whyNot: (functionId: string, eventRow: number) => filtered(eventRow, traced, functionId)[0],
    async close(): Promise<void> {
      await runtime.close();
      sender.close();
      writes.flush();
    },
  };
}
