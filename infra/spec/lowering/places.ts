import { type Path, valueAt } from "../path.ts";
import { inputItems, isTemplated, unwrap } from "./input-schema.ts";
import type { Places } from "./references.ts";

/** What the places of a destination take; the inputs of a template, or of one's own code, as their schema says. */
export function destinationPlaces(file: unknown): Places {
  const items = inputItems(file);
  const itemAt = ([way, section, key = ""]: Path) =>
    (way === "template" || way === "hog") && section === "inputs" ? items.get(String(key)) : undefined;
  const isInput = ([way, section, key]: Path) =>
    (way === "template" || way === "hog") && section === "inputs" && key !== undefined;
  return {
    isTemplate(path) {
      const name = path.join(".");
      if (/^(?:webhook\.(?:url|headers|body)|slack|masking\.hash)\b/.test(name)) return true;
      if (!isInput(path)) return false;
      const { templating } = unwrap(valueAt(file, path.slice(0, 3)));
      return templating !== "liquid" && isTemplated(itemAt(path));
    },
    isSecret(path) {
      if (path[0] === "hog") return isInput(path) && itemAt(path)?.secret === true;
      if (path[0] === "template") return isInput(path);
      return /^webhook\.(?:url|signing_secret|headers\.[^.]*)$/s.test(path.join("."));
    },
    isText(path) {
      if (isInput(path)) return path.length === 3 && itemAt(path)?.type === "string";
      return /^(?:name|description|adopt|slack\.(?:channel|text|thread_ts)|webhook\.(?:url|signing_secret|headers\..*))$/s.test(
        path.join("."),
      );
    },
    secretPlaces:
      "A secret can stand in `webhook.url`, `headers` and `signing_secret`, in an input of a `template`, and in one of `hog` " +
      "that its schema calls secret: those are kept encrypted.",
  };
}

/** An event filter has neither templates nor secrets. */
export const eventFilterPlaces: Places = {
  isTemplate: () => false,
  isSecret: () => false,
  isText: (path) => path.length === 1,
  secretPlaces: "An event filter has no place that PostHog keeps encrypted.",
};
