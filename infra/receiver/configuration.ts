import { z } from "zod";
import { ConfigurationError } from "./index.ts";

const name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "must be small letters, digits and hyphens");

function json<Schema extends z.ZodType>(schema: Schema) {
  return z
    .string("is missing")
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: "custom", message: "must be JSON" });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

/** `JSON.parse` and zod may quote what they were given; none of our messages does, as two of these are secret. */
const environmentSchema = z.object({
  HOGWIRE_HOST: z.string().min(1).default("127.0.0.1"),
  HOGWIRE_PORT: z.coerce.number("must be a port").int("must be a port").min(0).max(65_535).default(4200),
  HOGWIRE_SIGNING_KEY: z.string("is missing").min(16, "must have 16 characters or more"),
  HOGWIRE_SIGNING_GENERATION: z.coerce
    .number("must be 1 or more")
    .int("must be whole")
    .min(1, "must be 1 or more")
    .default(1),
  HOGWIRE_ROUTES: json(
    z.record(
      name,
      z.array(name).min(1, "must name a handler"),
      'must be like {"signup-notifications":["crm"]}',
    ),
  ),
  HOGWIRE_SETTINGS: json(z.record(z.string(), z.unknown(), "must be a JSON object")).prefault("{}"),
  HOGWIRE_DATA: z.string("is missing: the folder of the inbox").min(1, "is missing: the folder of the inbox"),
  HOGWIRE_VERSION: z.string().optional(),
});

export type Environment = z.output<typeof environmentSchema>;

/** The process's configuration; throws a ConfigurationError with every mistake. */
export function readEnvironment(environment: Record<string, string | undefined>): Environment {
  const parsed = environmentSchema.safeParse(environment);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(
    parsed.error.issues.map(({ path: [variable, ...rest], message }) =>
      rest.length > 0
        ? `${String(variable)} at ${rest.join(".")}: ${message}`
        : `${String(variable)} ${message}`,
    ),
  );
}
