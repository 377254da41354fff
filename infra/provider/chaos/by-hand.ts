import type { Chance } from "../../sandbox/seed/chance.ts";
import { isMap, type Json } from "../../wire/json.ts";
import type { PostHogByHand } from "../testing.ts";
import { type Collection, markerOf, type Row, rowsIn } from "./rows.ts";

const takesMuch = { source: "events", events: [], properties: [], filter_test_accounts: false };
const webhook = {
  template_id: "template-webhook",
  inputs: { url: { value: "https://theirs.example" } },
  filters: { events: [{ id: "theirs", name: "theirs", type: "events", order: 0 }] },
};
const steps = [{ event: "theirs" }];

/** What others have in the same PostHog project before the first run. */
export async function plantForeign(posthog: PostHogByHand): Promise<void> {
  const descriptions = [
    "Made by hand",
    "Managed by Hogwire: destinations/d1.yaml [hogwire:hogwire/prod/d1]",
    "Managed by Hogwire: destinations/d2.yaml [hogwire:shop/dev/d2]",
    "Of PostHog's own tool <!-- iac:posthog:definitions -->",
  ];
  for (const [index, description] of descriptions.entries()) {
    const name = `Theirs ${index}`;
    await posthog.api("POST", "hog_functions/", { ...webhook, name, description, enabled: true });
    await posthog.api("POST", "actions/", { name, description, steps });
  }
}

type Doing = {
  posthog: PostHogByHand;
  chance: Chance;
  collection: Collection;
  row: Row;
};

/** What people do in PostHog's UI to an object of ours; a copy becomes theirs. */
const doings: [what: string, on: Collection[], act: (doing: Doing) => Promise<unknown>][] = [
  [
    "rename",
    ["hog_functions", "actions"],
    ({ chance, ...doing }) => patch(doing, { name: `Theirs ${chance.uuid()}` }),
  ],
  [
    "describe",
    ["hog_functions"],
    (doing) => patch(doing, { description: `Look here\n\n${doing.row.description}` }),
  ],
  ["unmark", ["hog_functions", "actions"], (doing) => patch(doing, { description: "" })],
  ["turn on or off", ["hog_functions"], (doing) => patch(doing, { enabled: doing.row.enabled !== true })],
  ["take every event", ["hog_functions"], (doing) => patch(doing, { filters: takesMuch })],
  ["mask", ["hog_functions"], (doing) => patch(doing, { masking: { ttl: 60, hash: "{event.uuid}" } })],
  ["other steps", ["actions"], (doing) => patch(doing, { steps: [...steps, { event: "$pageview" }] })],
  ["other code", ["hog_functions"], (doing) => patch(doing, { hog: "return 1" })],
  ["delete", ["hog_functions", "actions"], (doing) => patch(doing, { deleted: true })],
];

function patch({ posthog, collection, row }: Omit<Doing, "chance">, change: object) {
  const mappings = collection === "hog_functions" ? { mappings: null } : {};
  return posthog.api("PATCH", `${collection}/${row.id}/`, { ...mappings, ...change });
}

/** One of them on one of `ours`; says what. */
export async function meddle(
  posthog: PostHogByHand,
  chance: Chance,
  isOurs: (collection: Collection, row: Row) => boolean,
): Promise<string> {
  const [what, on, act] = chance.of(doings);
  const collection = chance.of(on);
  const row = chance.of((await rowsIn(posthog, collection)).filter((one) => isOurs(collection, one)));
  if (!row) return `${what} nothing`;
  await act({ posthog, chance, collection, row });
  return `${what} ${markerOf(row)} (${row.id})`;
}

/** As the button does, marker included; two actions cannot have one name. */
export async function copy(
  posthog: PostHogByHand,
  name: string,
  collection: Collection,
  row: Row,
): Promise<Row> {
  const template_id = isMap(row.template) ? row.template.id : undefined;
  const body = { ...row, name, template_id, inputs: withSecrets(row) };
  const copied = await posthog.api("POST", `${collection}/`, body);
  return { ...copied, id: collection === "actions" ? Number(copied.id) : String(copied.id) };
}

/** As the refusal says: the copy's last line goes. */
export async function unmark(posthog: PostHogByHand, collection: Collection, row: Row): Promise<void> {
  await patch({ posthog, collection, row }, { description: "A copy" });
}

/** PostHog's form asks for them again. */
function withSecrets({ inputs, inputs_schema }: Row): Json | undefined {
  if (!isMap(inputs) || !Array.isArray(inputs_schema)) return undefined;
  const texts = { dictionary: { Theirs: "theirs" }, number: 1, boolean: true, integration: 1 };
  const types = new Map(inputs_schema.map(({ key, type }) => [key, type]));
  const entries = Object.entries(inputs).map(([key, input]) => {
    const isSecret = isMap(input) && input.secret === true;
    return [key, isSecret ? { value: texts[types.get(key) as keyof typeof texts] ?? "theirs" } : input]; // or any other
  });
  return Object.fromEntries(entries);
}
