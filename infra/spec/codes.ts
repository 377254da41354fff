/**
 * Every code a diagnostic can have, with the sentence that says what it stands for. A code is never given a new meaning;
 * one that is no longer needed is left out and its number stays unused.
 */
export const CODES = {
  HW001: "The file is not valid YAML.",
  HW002: "The file cannot be read as UTF-8 text, or is too large.",
  HW003: "The file nests or repeats itself too much.",
  HW004: "The file holds more than one YAML document.",
  HW005: "A key is given twice.",
  HW006: "A template is not in quotes, so YAML reads it as a map.",
  HW007: "A number cannot be kept exactly.",
  HW008: "The file's name or place is not one that is read.",

  HW010: "A key is unknown.",
  HW011: "A value is of the wrong type.",
  HW012: "A required key is missing.",
  HW013: "A destination has no way to send, or more than one.",
  HW015: "A value is not one of those allowed, or too long.",
  HW016: "An environment's name looks like a misspelt stack.",
  HW017: "Two files claim the same object in PostHog.",

  HW020: "A configuration value or secret is missing.",
  HW021: "A reference is not written as one.",
  HW022: "A secret stands where PostHog would show it.",
  HW023: "A secret is written into the file.",
  HW024: "A signing secret cannot sign.",
  HW025: "A configuration value cannot be used.",

  HW030: "A filter matches every event without saying so.",
  HW031: "PostHog would drop a condition, so that more is sent.",
  HW032: "A cohort cannot be used in a destination.",
  HW033: "An operator is unknown.",
  HW034: "A condition's type is unknown or does not fit its place.",
  HW035: "A regular expression is not RE2.",
  HW036: "PostHog cannot compile a condition.",
  HW037: "`missing` stands where it has no effect.",
  HW038: "An event filter does not exist, or is not in this stack.",
  HW039: "A step of an event filter matches every event.",

  HW040: "A template has a syntax error.",
  HW041: "A template has double braces.",
  HW042: "A template reads or calls something that does not exist.",
  HW043: "A template uses a part of Hog that is not supported.",
  HW044: "A template sends the whole event where its name is meant.",
  HW045: "A template or condition reads `event.properties.$set`, which PostHog is withdrawing.",
  HW046: "Liquid would escape a value as HTML.",
  HW047: "A required input comes from a person's property that may be missing.",
  HW048: "PostHog refuses or never delivers an alert event here.",

  HW050: "A URL is not one PostHog can send to.",
  HW051: "A header is not valid, or PostHog would drop it.",
  HW052: "A handler does not exist.",
  HW053: "The receiver's address is not known.",
  HW054: "A request has a body that PostHog would drop.",
  HW055: "An event is sent to handlers that do nothing with it.",
  HW056: "An input is not in the schema, so PostHog would drop it.",
  HW057: "A required input is missing.",
  HW058: "An input is of the wrong type.",
  HW059: "A template is not known offline.",

  HW060: "A sample did not do what it expects.",
  HW061: "A sample could not be run.",
  HW062: "A sample names a person or group that is not in the fixtures.",
  HW063: "A destination has no samples.",

  HW067: "A file of Hog code does not exist.",
  HW068: "Hog code cannot be compiled.",

  HW070: "The time of `once` or `masking` is out of PostHog's range.",
  HW071: "`once` or `masking` lets one event swallow another.",
  HW072: "Two destinations send the same event to the same place.",
  HW073: "An event's name is nearly that of a known one.",
  HW074: "A group's index differs between environments.",
  HW075: "A negative condition does not say what holds where the property is missing.",
  HW076: "Headers are given without a Content-Type.",
  HW077: "Requests and responses are logged outside dev.",
  HW078: "PostHog's editor would fill in an input that stays empty here.",

  HW080: "`policy.yaml` forbids the host.",
  HW081: "`policy.yaml` forbids a field.",
} as const;

export type Code = keyof typeof CODES;
