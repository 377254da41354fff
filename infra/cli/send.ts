import { PostHogError } from "../posthog/errors.ts";
import { loadProject } from "../spec/load.ts";
import { EventError, type EventOptions, readEvent } from "./following/event.ts";
import { follow } from "./following/follow.ts";
import type { Branch, Journey } from "./following/journey.ts";
import { mock } from "./following/mock.ts";
import { placeOfCondition } from "./following/place.ts";
import type { SampleEvent } from "./following/samples.ts";
import { type Destination, openTarget, type Target } from "./following/target.ts";
import { inWords } from "./following/words.ts";
import { CommandError, cross, dim, type Outcome, tick } from "./output.ts";
import { root } from "./paths.ts";
import { createProgress } from "./progress.ts";

export type SendOptions = EventOptions & { stack: string; to?: string; wait: number; mock?: true };

/** `hogwire send`: a synthetic event, followed at each destination of the stack to its end, or to where it stopped. */
export async function send(name: string | undefined, options: SendOptions): Promise<Outcome> {
  const { stack, to } = options;
  const [project, target] = await Promise.all([loadProject(root), openTarget(stack)]);
  const destinations = target.destinations.filter(({ slug }) => to === undefined || slug === to);
  if (to !== undefined && destinations.length === 0) return unknownDestination(to, target);
  const slugs = destinations.map(({ slug }) => slug);
  try {
    const { isSandbox } = target;
    const { event, sample } = readEvent(name, options, { project, stack, slugs, isSandbox });
    const progress = createProgress();
    const say = (news: Journey) => progress(waitingFor(news));
    const journey = options.mock
      ? await mock(event, target, destinations)
      : await follow(event, target, { destinations, patience: options.wait * 1000, say });
    progress();
    for (const { slug, stopped } of journey.branches) {
      const place = stopped?.condition && placeOfCondition(project, slug, stack, stopped.condition);
      if (stopped && place) stopped.place = place;
    }
    return outcomeOf(event, journey, sample, options);
  } catch (error) {
    if (error instanceof PostHogError) throw new CommandError(error.message, { cause: error });
    if (!(error instanceof EventError)) throw error;
    const { message, diagnostics } = error;
    return { exitCode: 2, data: { error: message }, text: message, diagnostics };
  }
}

/**
 * Everything is well when what has to happen happened: at `to`, or where the sample says so, else anywhere; that a destination
 * does not take the event is well unless it has to. Where the sample says that nothing is sent, that is what has to happen.
 */
export function outcomeOf(
  { event, distinct_id }: { event: string; distinct_id: string },
  journey: Journey,
  sample: Pick<SampleEvent, "slug" | "name" | "file" | "isSent"> | undefined,
  { to, mock }: { to?: string; mock?: true },
): Outcome {
  const mustNotMatch = sample?.isSent === false ? sample.slug : undefined;
  const mustArrive = mustNotMatch === undefined ? (to ?? sample?.slug) : undefined;
  const isUnmatched = ({ stopped }: Branch) => stopped?.stage === "matched";
  const isFine = (branch: Branch) =>
    branch.stopped ? isUnmatched(branch) && branch.slug !== mustArrive : branch.slug !== mustNotMatch;
  const arrived = journey.branches.filter(({ stopped }) => stopped === undefined);
  const wrong = journey.branches.filter((branch) => !isFine(branch));
  const isEnough = arrived.length > 0 || mustNotMatch !== undefined;
  const ok = journey.stopped === undefined && wrong.length === 0 && isEnough;
  const from = sample && `${event} as in '${sample.name}' (${sample.file}), distinct_id ${distinct_id}`;
  return {
    exitCode: ok ? 0 : 1,
    data: {
      event,
      distinct_id,
      ...(sample && { sample: { name: sample.name, file: sample.file } }),
      ...journey,
    },
    before: dim(from ?? `${event}, distinct_id ${distinct_id}`),
    text: `${inWords(journey, isFine)}\n\n${ok ? tick() : cross()} ${summary(journey, arrived, wrong, mock === true)}`,
  };
}

function summary(
  { stopped, branches }: Journey,
  arrived: Branch[],
  wrong: Branch[],
  isMocked: boolean,
): string {
  if (stopped) return `It was not ${stopped.stage}.`;
  const [one] = wrong;
  if (one)
    return one.stopped
      ? `${one.slug}: not ${one.stopped.stage}.`
      : `${one.slug} sent what its sample says it does not.`;
  if (arrived.length === 0 && branches.some(({ requests }) => requests))
    return "It is switched off wherever it would be sent.";
  if (arrived.length === 0) return "No destination takes it.";
  const unmatched = branches.length - arrived.length;
  const others = unmatched === 0 ? "" : `; ${unmatched} did not match`;
  return `It ${isMocked ? "would be sent" : "arrived"}: ${arrived.map(({ slug }) => slug).join(", ")}${others}.`;
}

function waitingFor({ branches }: Journey): string {
  const open = branches.filter(({ ended }) => !ended);
  return open.map(({ slug, steps }) => `${slug} ${steps.at(-1)?.stage ?? "captured"}`).join(", ");
}

function unknownDestination(slug: string, { stack, destinations }: Target): Outcome {
  const known = destinations.map((one: Destination) => one.slug).join(", ");
  const error = `The stack '${stack}' has no destination ${slug} in PostHog. It has: ${known}`;
  return { exitCode: 2, data: { error }, text: error };
}
