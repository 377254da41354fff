import type { GlobalRead } from "../compiler/scope.ts";

/** What a key says of a person, in the order in which it is named. */
const KINDS: readonly [kind: string, words: RegExp][] = [
  ["email", /^(e?mails?)$/],
  ["name", /^(firstname|lastname|fullname|surname|username|givenname|familyname|realname)$/],
  ["phone", /^(phones?|mobile|telephone|tel|msisdn|whatsapp)$/],
  ["address", /^(address|street|city|zip|zipcode|postcode|postal|latitude|longitude)$/],
  ["IP address", /^ip$/],
  ["date of birth", /^(birthday|birthdate|birth|dob|age)$/],
  ["gender", /^(gender|sex)$/],
  ["identity document", /^(passport|ssn|iban|taxid)$/],
];

// `name` alone says nothing: a plan has one as well.
const NAME_KEY = /^\$?(first|last|full|given|family|middle|user|display|real)?[ _-]?name$/i;

/** The kinds of personal data, in order. */
export const PERSONAL_KINDS = KINDS.map(([kind]) => kind);

/**
 * What personal data a template's read carries, by the key of a person's or an event's property; undefined for other
 * keys and for whole objects. A guess by names, made to be read by people.
 */
export function personalKind({ name, path }: Pick<GlobalRead, "name" | "path">): string | undefined {
  if (name === "person" && path.join() === "name") return "name";
  if ((name !== "person" && name !== "event") || path[0] !== "properties") return undefined;
  const key = path.at(-1);
  if (key === undefined || path.length < 2) return undefined;
  if (NAME_KEY.test(key)) return "name";
  const words = key
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/);
  const isIp = words.includes("ip");
  return KINDS.find(
    ([kind, pattern]) => !(isIp && kind === "address") && words.some((word) => pattern.test(word)),
  )?.[0];
}
