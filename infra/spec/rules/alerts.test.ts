// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { type Case, lowerText, testDiagnostics } from "../test-support.ts";

const filters = (lines: string) => `name: N\nhandlers: [crm]\nfilters:\n${lines}`;
const internal = (lines: string) => filters(`  source: internal-events\n${lines}`);
const insight = (properties: string) =>
  internal(`  events: [$insight_alert_firing]\n  properties: ${properties}\n`);

const nameless =
  "PostHog never sends `$insight_alert_firing` to a filter that does not name its alert (Write `properties: { alert_id: … }` under `filters`: one alert's id as text, a file for each alert.)";
const managed = (name: string) =>
  `PostHog refuses a destination for \`${name}\`, which it manages itself (Remove it here, and say in PostHog, on the alert itself, whom it tells.)`;
const ordinary = (name: string) =>
  `\`${name}\` comes from PostHog itself, which ordinary events do not bring (Write \`source: internal-events\`, in a file of its own if the other events are ordinary.)`;

const CASES: Case[] = [
  [
    "alerts that have an API of their own",
    internal("  events: [$logs_alert_firing, $billing_alert_resolved, { id: $x_alert_auto_disabled }]\n"),
    [
      `HW048 5:12-30 ${managed("$logs_alert_firing")}`,
      `HW048 5:32-55 ${managed("$billing_alert_resolved")}`,
      `HW048 5:57-87 ${managed("$x_alert_auto_disabled")}`,
    ],
  ],
  [
    "one among ordinary events, which is refused as well",
    filters("  events: [signed_up, $logs_alert_errored]\n"),
    [`HW048 4:23-42 ${managed("$logs_alert_errored")}`],
  ],
  [
    "names that only look like it",
    filters("  events: [logs_alert_firing, $logs_alert, $logs_alert_fired]\n"),
    [],
  ],
  [
    "an insight's alert that is not named",
    internal("  events: [$insight_alert_firing]\n"),
    [`HW048 5:12-33 ${nameless}`],
  ],
  ["an insight's alert that is", insight("{ alert_id: a1 }"), []],
  ["the same in PostHog's own form", insight("[{ key: alert_id, value: a1, operator: exact }]"), []],
  ["the same from the stack's configuration", insight('{ alert_id: "${config:alertId}" }'), []],
  ["one of several alerts", insight("{ alert_id: [a1, a2] }"), [`HW048 5:12-33 ${nameless}`]],
  ["an alert's id that is a number", insight("{ alert_id: 1 }"), [`HW048 5:12-33 ${nameless}`]],
  [
    "an alert's id that is compared otherwise",
    insight("{ alert_id: { icontains: a } }"),
    [`HW048 5:12-33 ${nameless}`],
  ],
  [
    "an alert's id on the event, where PostHog does not look",
    internal("  events: [{ id: $insight_alert_firing, properties: { alert_id: a1 } }]\n"),
    [`HW048 5:12-71 ${nameless}`],
  ],
  [
    "PostHog's own events among ordinary ones",
    filters("  events: [signed_up, $error_tracking_issue_created, $insight_alert_firing]\n"),
    [
      `warning HW048 4:23-52 ${ordinary("$error_tracking_issue_created")}`,
      `warning HW048 4:54-75 ${ordinary("$insight_alert_firing")}`,
    ],
  ],
  [
    "PostHog's other events, by their source",
    internal("  events: [$error_tracking_issue_created, $activity_log_entry_created]\n"),
    [],
  ],
  ["every event that PostHog raises", internal("  events: all\n"), []],
];

testDiagnostics(CASES, "destinations/example.yaml", (text) => lowerText(text, { without: ["HW075"] }));
