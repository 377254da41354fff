import { setTimeout as wait } from "node:timers/promises";
import { isObject } from "../http/fields.ts";
import type { Answer, Json } from "../test-support.ts";

type Api = (method: string, path: string, body?: unknown) => Promise<Answer>;

/** Takes back what a run made in somebody's project, and nothing else. */
export class CleanUp {
  readonly #marker: string;
  readonly #api: Api;
  /** The keys of all inputs that a function ever had, as any may have been a secret; and its last filters. */
  readonly #functions = new Map<string, { keys: Set<string>; filters: unknown }>();
  readonly #actions = new Set<number>();
  #isRunning = false;

  constructor(marker: string, api: Api) {
    this.#marker = marker;
    this.#api = api;
  }

  /**
   * Throws before a request that would make something without the run's marker, enable a function for events that are
   * not the run's, or touch what the run did not make.
   */
  check(method: string, path: string, body: unknown): void {
    if (method === "GET" || this.#isRunning) return;
    const [, kind = "", id = ""] = /\/(hog_functions|actions)\/([^/?]*)/.exec(path) ?? [];
    if (!kind) return;
    const isMade = this.#functions.has(id) || this.#actions.has(Number(id)) || id in nobodys;
    if (id && !isMade) throw new Error(`${method} ${path}: this run did not make it.`);
    if (!isObject(body)) return;
    if (!id && !this.#isMarked(body))
      throw new Error(`${method} ${path}: without the marker it could not be found again.`);
    if (body.enabled === true && !this.#isQuiet(body.filters ?? this.#functions.get(id)?.filters))
      throw new Error(`${method} ${path}: enabled, it must wait for an event of this run.`);
  }

  record(method: string, path: string, { status, body }: Answer): void {
    const [, kind, id] = /\/(hog_functions|actions)\/([^/?]*)/.exec(path) ?? [];
    if (method === "POST" && status === 201 && kind === "actions") this.#actions.add(body.id);
    if (kind !== "hog_functions" || !isObject(body) || typeof body.id !== "string") return;
    const isNew = method === "POST" && status === 201 && !id;
    const known =
      this.#functions.get(body.id) ?? (isNew ? { keys: new Set<string>(), filters: {} } : undefined);
    if (!known) return;
    for (const key of Object.keys(isObject(body.inputs) ? body.inputs : {})) known.keys.add(key);
    this.#functions.set(body.id, { ...known, filters: body.filters });
  }

  /** Throws when something is left, with what it is. */
  async run(): Promise<void> {
    this.#isRunning = true;
    await this.#findUnanswered();
    const left: string[] = [];
    for (const [id, { keys }] of this.#functions) {
      if (!(await this.#deleteFunction(id, keys))) left.push(`hog function ${id}`);
    }
    for (const id of this.#actions) {
      const { status } = await this.#tried("PATCH", `actions/${id}/`, { deleted: true });
      if (status !== 200) left.push(`action ${id}`);
    }
    if (left.length > 0) throw new Error(`Still there, delete by hand: ${left.join(", ")}`);
  }

  /** What was made by a request whose answer never came is known by the marker alone. */
  async #findUnanswered(): Promise<void> {
    for (let offset = 0, count = 1; offset < count; offset += 200) {
      const { body } = await this.#tried("GET", `hog_functions/?limit=200&offset=${offset}`);
      count = body.count;
      for (const fn of body.results) {
        const isMissing = this.#isMarked(fn) && !this.#functions.has(fn.id);
        if (isMissing) this.#functions.set(fn.id, { keys: new Set(), filters: fn.filters });
      }
    }
    const { body } = await this.#tried("GET", "actions/");
    for (const action of body.results) if (this.#isMarked(action)) this.#actions.add(action.id);
  }

  /** A deleted row keeps its secrets for ever (contract §1.2): they are overwritten first, in a function that is off. */
  async #deleteFunction(id: string, seen: Set<string>): Promise<boolean> {
    const item = `hog_functions/${id}/`;
    const off = { deleted: false, enabled: false, filters: {}, mappings: null, masking: null };
    const { status, body } = await this.#tried("PATCH", item, off);
    if (status !== 200) return false;
    const keys = new Set([...seen, ...body.inputs_schema.map(({ key }: Json) => key)]);
    const inputs_schema = [...keys].map((key) => ({ key, type: "string", secret: true }));
    const inputs = Object.fromEntries([...keys].map((key) => [key, { value: "overwritten" }]));
    const overwritten = await this.#tried("PATCH", item, { ...off, inputs_schema, inputs });
    const deleted = await this.#tried("PATCH", item, { deleted: true, mappings: null });
    return overwritten.status === 200 && deleted.status === 200;
  }

  /** A PostHog in trouble is asked again: what stays behind would be somebody's. */
  async #tried(method: string, path: string, body?: unknown): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#api(method, path, body).catch((error: unknown) => {
        if (attempt === 5) throw error;
      });
      if (answer && (answer.status < 500 || attempt === 5)) return answer;
      await wait(attempt * 100);
    }
  }

  #isMarked({ name, description }: Json): boolean {
    return [name, description].some((text) => typeof text === "string" && text.includes(this.#marker));
  }

  #isQuiet(filters: unknown): boolean {
    const events = isObject(filters) && Array.isArray(filters.events) ? filters.events : [];
    const isOurs = (event: unknown) => isObject(event) && String(event.id).includes(this.#marker);
    return events.length > 0 && events.every(isOurs);
  }
}

/** Ids that facts ask for because nobody has them; `new` and `rearrange` are none. */
export const nobody = { function: "0190a0a0-0000-7000-8000-000000000001", action: "2147483647" };
const nobodys = { [nobody.function]: true, [nobody.action]: true, new: true, rearrange: true };
