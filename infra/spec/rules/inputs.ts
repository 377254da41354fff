import type { LoweredFilters, LoweredProperty } from "../lowered.ts";
import { letsMissingThrough } from "../lowering/check-property.ts";
import { inputItems, unwrap } from "../lowering/input-schema.ts";
import { isMap, type Path } from "../path.ts";
import type { Tools } from "../report.ts";
import type { Subject } from "./rule.ts";

const PERSON_PROPERTY = /^\{person\.properties\.([A-Za-z_$][\w$]*)\}$/;

/** PostHog refuses a required input that is empty only when it saves; a template that comes out null is sent. */
export function checkNullable({ file, filters, ...tools }: Subject): void {
  for (const { path, value } of requiredInputs(file)) {
    const [, key] = (typeof value === "string" && PERSON_PROPERTY.exec(value.trim())) || [];
    if (key === undefined || (filters && isAlwaysThere(key, filters, tools))) continue;
    tools.report({
      code: "HW047",
      severity: "warning",
      path,
      message: `\`${path.join(".")}\` is required, and a person may have no \`${key}\``,
      hint: `Send only where it is there: \`person: { ${key}: { is_set: true } }\` under \`filters\`.`,
    });
  }
}

function requiredInputs(file: Subject["file"]): { path: Path; value: unknown }[] {
  if (file.webhook) return [{ path: ["webhook", "url"], value: file.webhook.url }];
  const [way, inputs] = file.template ? ["template", file.template.inputs] : ["hog", file.hog?.inputs];
  return [...inputItems(file).values()]
    .filter(({ required }) => required)
    .map(({ key }) => {
      const input = inputs && Object.hasOwn(inputs, key) ? inputs[key] : undefined;
      return { path: [way, "inputs", key], value: unwrap(input).value };
    });
}

/** Some condition on it that every event must meet is false without it. */
function isAlwaysThere(
  key: string,
  { events = [], properties = [] }: LoweredFilters,
  { compiler }: Omit<Tools, "report">,
): boolean {
  const wants = (list: LoweredProperty[]) =>
    list.some(
      (one) => one.type === "person" && one.key === key && letsMissingThrough(one, compiler) === false,
    );
  if (wants(properties)) return true;
  return events !== "all" && events.length > 0 && events.every((event) => wants(event.properties ?? []));
}

/** Contract §1.5: defaults of inputs that are not required are filled in by PostHog's editor and by nobody else. */
export function checkDefaults({ file: { template }, report }: Subject): void {
  if (template?.id === undefined) return;
  const { inputs = {} } = template;
  const left = [...inputItems({ template }).values()].filter(
    (item) => !item.required && !Object.hasOwn(inputs, item.key) && isFilled(item.default),
  );
  if (left.length === 0) return;
  const names = left.map(({ key }) => `\`${key}\``);
  const example = `${left[0]?.key}: ${JSON.stringify(left[0]?.default)}`;
  report({
    code: "HW078",
    severity: "note",
    path: ["template"],
    part: "key",
    message: `${names.join(", ")} ${left.length === 1 ? "stays" : "stay"} empty: PostHog's editor would fill in a default, the API does not`,
    hint: `If that is meant, nothing is to be done.${example.length > 80 ? "" : ` Otherwise write for example \`${example}\`.`}`,
  });
}

function isFilled(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isMap(value) ? Object.keys(value).length > 0 : Boolean(value);
}
