import type { HogCompiler } from "../../hog/compile.ts";
import { readShape } from "../../hog/filters/shape.ts";
import { HogError } from "../../hog/hog-error.ts";
import type { HogFilters, HogProperty } from "../../hog/types.ts";
import { conditionsInWords } from "../../hog/words/conditions.ts";
import { type FilterNames, filterWords } from "../../hog/words/filter.ts";
import { maskingWords } from "../../hog/words/masking.ts";
import type { Actions } from "../actions/actions.ts";
import type { Persons } from "../events/persons.ts";
import type { Filters } from "../functions/filters.ts";
import type { HogFunction } from "../functions/hog-function.ts";
import type { HogFunctions } from "../functions/hog-functions.ts";
import type { Watcher } from "../runtime/watcher.ts";
import type { HogTemplate } from "../templates/template-routes.ts";

/** A function as a person speaks of it. */
export type Destination = {
  id: string;
  name: string;
  /** Of the file that describes it, where its description carries the marker. */
  slug: string | undefined;
  description: string;
  enabled: boolean;
  /** When it fires. */
  filter: string;
  /** How often at most. */
  masking: string | undefined;
  sendsTo: string;
  /** As the watcher sees it (contract §1.11); 0 while it is off. */
  state: number;
  fn: HogFunction;
};

type Sources = {
  functions: HogFunctions;
  actions: Actions;
  persons: Persons;
  compiler: HogCompiler;
  templates: ReadonlyMap<string, HogTemplate>;
  watcher: Watcher;
};

/** `key` is another one when the names are. */
type Known = { names: Required<FilterNames>; key: string };

/** The functions of the project, in words. */
export class Destinations {
  readonly #sources: Sources;
  /** Words cost more than the rest of a page, and change only when a function or an action does. */
  readonly #words = new Map<string, { key: string; filter: string; masking: string | undefined }>();

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** By name. */
  list(): Destination[] {
    const known = this.#known();
    return this.#sources.functions
      .list({}, -1, 0)
      .map((fn) => this.#describe(fn, known))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  /** Also a deleted one, as its runs are still told. */
  get(id: string): Destination | undefined {
    const fn = this.#sources.functions.get(id);
    return fn && this.#describe(fn, this.#known());
  }

  /** What filters refer to by number. */
  names(): Required<FilterNames> {
    const { actions, persons } = this.#sources;
    return {
      actions: new Map(
        actions.list().map(({ id, name, steps }) => [String(id), { name: name ?? "", steps }]),
      ),
      groups: new Map(persons.groupTypes().map((name, index) => [index, name])),
    };
  }

  /** The property at a path of a function's filters, unless they have changed since the words were said. */
  propertyOf(
    id: string,
    { path, words }: { path: (string | number)[]; words: string },
  ): HogProperty | undefined {
    const [list = "", first = -1, , second = -1] = path;
    const { properties, events, actions } = this.#sources.functions.get(id)?.filters ?? {};
    const item = { events, actions }[list]?.[Number(first)];
    const property = list === "properties" ? properties?.[Number(first)] : item?.properties?.[Number(second)];
    const surroundings = { compiler: this.#sources.compiler, groups: this.names().groups };
    return property && conditionsInWords([property], [], surroundings) === words ? property : undefined;
  }

  #known(): Known {
    const names = this.names();
    return { names, key: JSON.stringify([[...names.actions], [...names.groups]]) };
  }

  #describe(fn: HogFunction, known: Known): Destination {
    const description = fn.description ?? "";
    return {
      id: fn.id,
      name: fn.name || "Without a name",
      slug: slugOf(description),
      description: description.replace(/\n*^Managed by Hogwire: .*$/m, "").trim(),
      enabled: fn.enabled && !fn.deleted,
      ...this.#inWords(fn, known),
      sendsTo: this.#sendsTo(fn),
      state: this.#sources.watcher.status(fn).state,
      fn,
    };
  }

  #inWords(fn: HogFunction, { names, key: named }: Known): Pick<Destination, "filter" | "masking"> {
    const { compiler } = this.#sources;
    const key = `${fn.updated_at} ${fn.version} ${named}`;
    const known = this.#words.get(fn.id);
    if (known?.key === key) return known;
    const said = (filters: Filters) => {
      const shape = shapeOf(filters);
      return shape
        ? filterWords(shape, compiler, names)
        : `Its filters cannot be read: ${filters.bytecode_error}.`;
    };
    const mappings = (fn.mappings ?? []).map(({ name, filters }, index) => {
      const own = filters ? said(filters) : "Fires on all of these.";
      return ` Mapping ${name || index + 1}: ${own}`;
    });
    const words = {
      key,
      filter: said(fn.filters) + mappings.join(""),
      masking: fn.masking ? maskingWords(fn.masking, compiler) : undefined,
    };
    this.#words.set(fn.id, words);
    return words;
  }

  #sendsTo({ inputs, secret_inputs, template_id }: HogFunction): string {
    if (secret_inputs.url) return "a secret address";
    const url = inputs.url?.value;
    // Without a user and password before the host, nor a query: either may hold a token
    if (typeof url === "string")
      return /^https?:\/\/(?:[^/?#@{]*@)?([^?#]+)/i.exec(url)?.[1] ?? "an address that each event names";
    const template = this.#sources.templates.get(template_id ?? "");
    return template ? template.name : "wherever its own code sends";
  }
}

/** The last marker's last word (design §4, Ownership). */
function slugOf(description: string): string | undefined {
  return [...description.matchAll(/\[hogwire:[^\]\s]*?([^\]\s/]+)\]/g)].at(-1)?.[1];
}

/** Their items are free-form to the API (contract §1.8): nothing where they are none that the compiler could read. */
export function shapeOf(filters: Filters): HogFilters | undefined {
  try {
    return readShape(filters);
  } catch (error) {
    if (error instanceof HogError) return undefined;
    throw error;
  }
}
