import { z } from "zod";

/**
 * What differs between installations of PostHog and between its moods; the first of each is how a sandbox starts.
 * - `retries`: with the pauses that PostHog means, or as its queue may send them (contract §11.4).
 * - `retryAfter`: newer code reads the header; that it has an effect is not shown (contract §11.4).
 * - `disabling`: whether the watcher may disable a function (contract §4.8).
 * - `redis`: without it a function with masking sends nothing (contract §4.7).
 * - `signing`: an old one's `fetch` knows nothing of it and sends without (contract §2.2).
 * - `quota`: of events that may trigger destinations; used up, nothing is sent.
 */
export const settingsModel = z.strictObject({
  retries: z.enum(["spaced", "back-to-back"]),
  retryAfter: z.enum(["ignored", "honoured"]),
  disabling: z.enum(["off", "on"]),
  redis: z.enum(["up", "down"]),
  signing: z.enum(["known", "unknown"]),
  quota: z.enum(["free", "used-up"]),
});

export type RuntimeSettings = z.output<typeof settingsModel>;

export const initialSettings: RuntimeSettings = {
  retries: "spaced",
  retryAfter: "ignored",
  disabling: "off",
  redis: "up",
  signing: "known",
  quota: "free",
};
