import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** In the words of `pulumi`; each in seconds. */
export type TerraformRun = { up: number; preview: number; refresh: number };

/** A hog function as PostHog lists it whole (contract §1.4). */
export type Row = {
  name: string;
  description: string;
  template: { id: string };
  filters: Record<string, unknown>;
  inputs: Record<string, { value?: unknown }>;
};

/**
 * The same destinations with Terraform and PostHog's own provider, where `HOGWIRE_BENCH_TERRAFORM` names the binary and
 * `HOGWIRE_BENCH_TERRAFORM_PROVIDER` the folder with the provider's; nobody has run this part here, as neither is in reach.
 * The PostHog at `host` must be empty.
 */
export function terraform(host: string, rows: Row[]): TerraformRun | undefined {
  const { HOGWIRE_BENCH_TERRAFORM: binary, HOGWIRE_BENCH_TERRAFORM_PROVIDER: provider } = process.env;
  if (!binary || !provider) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "hogwire-terraform-"));
  const cliConfig = join(folder, "bench.tfrc");
  // An override needs no `terraform init`.
  const overrides = `dev_overrides { "PostHog/posthog" = ${JSON.stringify(provider)} }`;
  writeFileSync(cliConfig, `provider_installation {\n  ${overrides}\n  direct {}\n}\n`);
  writeFileSync(join(folder, "main.tf.json"), JSON.stringify(configuration(rows)));
  const env = {
    ...process.env,
    TF_CLI_CONFIG_FILE: cliConfig,
    POSTHOG_HOST: host,
    POSTHOG_API_KEY: "phx_sandbox",
    POSTHOG_PROJECT_ID: "1",
  };
  const seconds = (...args: string[]) => {
    const started = performance.now();
    execFileSync(binary, [...args, "-input=false", "-no-color"], {
      cwd: folder,
      env,
      stdio: ["ignore", "ignore", "inherit"],
    });
    return (performance.now() - started) / 1000;
  };
  try {
    return {
      up: seconds("apply", "-auto-approve"),
      preview: seconds("plan"),
      refresh: seconds("plan", "-refresh-only"),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function configuration(rows: Row[]) {
  return {
    terraform: { required_providers: { posthog: { source: "PostHog/posthog" } } },
    resource: {
      posthog_hog_function: Object.fromEntries(rows.map((row, index) => [`d${index}`, resource(row)])),
    },
  };
}

function resource({ name, description, template, filters, inputs }: Row) {
  const { bytecode: _derived, ...given } = filters;
  const values = Object.entries(inputs).map(([key, { value = "a-secret" }]) => [key, { value }]);
  // A template's text is the text of this language too: what it fills in itself begins with `${`.
  const literal = (value: unknown) => JSON.stringify(value).replaceAll("${", () => "$${");
  return {
    type: "destination",
    name,
    description: description.split("\n")[0], // without our marker
    enabled: true,
    template_id: template.id,
    filters_json: literal(given),
    inputs_json: literal(Object.fromEntries(values)),
  };
}
