import { z } from "zod";
import { PostHogError } from "./errors.ts";

/** Older and newer versions leave a text out or answer `null`. */
export const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");

/** Refuses an answer that is not what the contract says, with the place where it is not. */
export function parse<T>(schema: z.ZodType<T>, value: unknown, from: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new PostHogError({
    status: 200,
    code: "unexpected_answer",
    detail: `unexpected shape at \`${issue?.path.join(".")}\`: ${issue?.message}`,
    request: from,
  });
}

/** `null` when PostHog says that the object is not there; every other error flies. */
export async function nullIfGone<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof PostHogError && error.gone) return null;
    throw error;
  }
}
