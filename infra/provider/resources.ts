import * as pulumi from "@pulumi/pulumi";
import type { DestinationInputs } from "../wire/destination.ts";
import type { ManifestInputs } from "./manifest.ts";

/**
 * Pulumi's dynamic-provider host evaluates this text; it loads today's provider, so an edit of provider code changes no
 * resource. The text, `#provider` and the type tokens are in every state: they never change.
 */
export const loaderText =
  'exports.handler=()=>process.getBuiltinModule("module").createRequire(process.cwd()+"/_")("#provider").provider';

/** A PostHog destination: one hog function. */
export class Destination extends pulumi.CustomResource {
  /** The destination's page in PostHog. */
  declare readonly posthog_url: pulumi.Output<string>;

  constructor(name: string, inputs: DestinationInputs, options?: pulumi.CustomResourceOptions) {
    super(
      "pulumi-nodejs:dynamic/posthog:Destination",
      name,
      {
        ...inputs,
        webhook: withSecrets(inputs.webhook),
        kind: "destination",
        posthog_url: undefined,
        __provider: loaderText,
      },
      options,
    );
  }
}

/** The stack's destinations, which refuses a run that stops too many of them. */
export class Manifest extends pulumi.CustomResource {
  constructor(name: string, inputs: ManifestInputs, options?: pulumi.CustomResourceOptions) {
    super(
      "pulumi-nodejs:dynamic/posthog:Manifest",
      name,
      { ...inputs, kind: "manifest", __provider: loaderText },
      options,
    );
  }
}

/** An output is secret in state when the input at the same path is (facts §E): so mark the inputs. */
function withSecrets(webhook: DestinationInputs["webhook"]): pulumi.Inputs {
  const { signing_secret, secret_inputs = [] } = webhook;
  return {
    ...webhook,
    ...Object.fromEntries(secret_inputs.map((key) => [key, pulumi.secret(webhook[key])])),
    ...(signing_secret !== undefined && { signing_secret: pulumi.secret(signing_secret) }),
  };
}
