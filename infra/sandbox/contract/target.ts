import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";
import { z } from "zod";
import { personalApiKey, projectId, projectToken, startSandbox } from "../server.ts";
import type { Answer, Json } from "../test-support.ts";
import { CleanUp } from "./clean-up.ts";

/** The PostHog that the facts are held against. */
export type Target = {
  /** Any path, with the key of the run unless `headers` say otherwise. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** `api("GET", "hog_functions/")` of the project. */
  api(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Makes a hog function, off and marked unless `body` says otherwise. */
  create(body?: Json): Promise<Created>;
  /** `/api/projects/1` */
  project: string;
  projectId: number;
  /** For capture; empty when none was given. */
  token: string;
  /** In the name or description of everything that the run makes. */
  marker: string;
  close(): Promise<void>;
};

// biome-ignore lint/suspicious/noExplicitAny: a fact reads answers of every shape
export type Row = any;

export type Created = {
  fn: Row;
  get(): Promise<Answer>;
  patch(change: unknown): Promise<Answer>;
  put(change: unknown): Promise<Answer>;
};

const environmentModel = z.object({
  HOGWIRE_CONTRACT_HOST: z.url().optional(),
  HOGWIRE_CONTRACT_PROJECT: z.coerce.number().int().optional(),
  HOGWIRE_CONTRACT_KEY: z.string().optional(),
  HOGWIRE_CONTRACT_CONFIRM: z.coerce.number().int().optional(),
  /** Facts about capture write events, which nobody can take back: only where a token is given. */
  HOGWIRE_CONTRACT_TOKEN: z.string().optional(),
  HOGWIRE_CONTRACT_CAPTURE_HOST: z.url().optional(),
  HOGWIRE_CONTRACT_RUN: z.string().optional(),
});

/** What the environment names: a PostHog, or without one a sandbox in memory. */
export function targetOfEnvironment(): { isSandbox: boolean; hasToken: boolean } {
  return {
    isSandbox: !process.env.HOGWIRE_CONTRACT_HOST,
    hasToken: Boolean(process.env.HOGWIRE_CONTRACT_TOKEN),
  };
}

/** Throws, before anything is asked, unless the project was confirmed. */
export async function openTarget(): Promise<Target> {
  const set = Object.entries(process.env).filter(([, value]) => value !== "");
  const given = environmentModel.parse(Object.fromEntries(set));
  const host = given.HOGWIRE_CONTRACT_HOST;
  const marker = `hogwire-contract-${given.HOGWIRE_CONTRACT_RUN ?? randomUUID().slice(0, 8)}`;
  if (host === undefined) {
    const { url, close } = await startSandbox({ port: 0, data: ":memory:" });
    return target({ host: url, key: personalApiKey, projectId, token: projectToken, marker, close });
  }
  const { HOGWIRE_CONTRACT_PROJECT: id, HOGWIRE_CONTRACT_KEY: key } = given;
  if (id === undefined || !key)
    throw new Error("Give HOGWIRE_CONTRACT_PROJECT and HOGWIRE_CONTRACT_KEY as well.");
  if (given.HOGWIRE_CONTRACT_CONFIRM !== id) {
    throw new Error(
      `This makes and deletes functions and actions in project ${id} of ${host}: say HOGWIRE_CONTRACT_CONFIRM=${id}.`,
    );
  }
  const token = given.HOGWIRE_CONTRACT_TOKEN ?? "";
  const captureHost = given.HOGWIRE_CONTRACT_CAPTURE_HOST ?? host;
  return target({ host, captureHost, key, projectId: id, token, marker });
}

function target(options: {
  host: string;
  captureHost?: string;
  key: string;
  projectId: number;
  token: string;
  marker: string;
  /** Of the sandbox, which is thrown away as a whole. */
  close?: () => Promise<void>;
}): Target {
  const { key, token, marker } = options;
  const project = `/api/projects/${options.projectId}`;

  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    cleanUp.check(method, path, body);
    const host = path.startsWith("/api/") ? options.host : (options.captureHost ?? options.host);
    const answer = await answered(() =>
      fetch(new URL(path, host), {
        method,
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
        ...(body !== undefined && { body: isBytes(body) ? body : JSON.stringify(body) }),
      }),
    );
    cleanUp.record(method, path, answer);
    return answer;
  }

  const api = (method: string, path: string, body?: unknown) => call(method, `${project}/${path}`, body);
  const cleanUp = new CleanUp(marker, api);

  return {
    call,
    api,
    async create(body = {}) {
      const code = body.template_id === undefined ? { hog: "return event" } : {};
      const {
        status,
        text,
        body: fn,
      } = await api("POST", "hog_functions/", { ...code, name: marker, ...body });
      expect([status, text]).toEqual([201, expect.any(String)]);
      const item = `hog_functions/${fn.id}/`;
      return {
        fn,
        get: () => api("GET", item),
        patch: (change) => api("PATCH", item, change),
        put: (change) => api("PUT", item, change),
      };
    },
    project,
    projectId: options.projectId,
    token,
    marker,
    close: options.close ?? (() => cleanUp.run()),
  };
}

function isBytes(body: unknown): body is string | Uint8Array<ArrayBuffer> {
  return typeof body === "string" || body instanceof Uint8Array;
}

/** Waits as long as a 429 says, and asks again. */
async function answered(ask: () => Promise<Response>): Promise<Answer> {
  for (;;) {
    const response = await ask();
    const text = await response.text();
    const seconds = Number(response.headers.get("retry-after"));
    if (response.status === 429 && seconds > 0) {
      await wait(seconds * 1000);
      continue;
    }
    const isJson = response.headers.get("content-type")?.startsWith("application/json");
    const body = isJson ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, text, body };
  }
}
