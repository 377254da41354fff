import type { Diagnostic } from "../diagnostic.ts";
import type { LoweredLifecycle } from "../lowered.ts";
import type { ParsedYaml } from "../parse.ts";
import type { Path } from "../path.ts";
import { toDiagnostic } from "../report.ts";
import type { CheckedDestination } from "./project-rule.ts";

/** A file of one kind as one stack has it. */
export type Claiming = Pick<ParsedYaml, "source"> & {
  slug: string;
  lowering: { absent: boolean; lowered?: LoweredLifecycle };
};

/** One object in PostHog that two files want: by an alias that is another's name or alias, or by `adopt`. */
export function checkClaims(files: Claiming[], stack: string | undefined): Diagnostic[] {
  const found: Diagnostic[] = [];
  const aliased = new Map<string, string>();
  const adopted = new Map<string, string>();
  const present = files.filter(({ lowering }) => !lowering.absent);
  const fileOf = new Map(present.map(({ slug, source }) => [slug, source.file]));

  for (const { slug, source, lowering } of present) {
    const report = (path: Path, message: string, hint: string) => {
      const roots = stack === undefined ? [[]] : [["environments", stack], []];
      found.push(toDiagnostic(source, roots, { code: "HW017", path, message, hint }));
    };
    const { aliases = [], adopt } = lowering.lowered ?? {};
    for (const [index, alias] of aliases.entries()) {
      const path = ["aliases", index];
      const there = alias === slug ? undefined : fileOf.get(alias);
      const other = aliased.get(alias);
      if (there !== undefined)
        report(
          path,
          `${there} is there: an alias is what a file was called before`,
          "Remove that file, or the alias.",
        );
      else if (other !== undefined && other !== source.file)
        report(path, `${other} has the alias \`${alias}\` as well`, "Leave it to the one that was renamed.");
      aliased.set(alias, other ?? source.file);
    }
    if (adopt === undefined) continue;
    const other = adopted.get(adopt);
    if (other !== undefined) report(["adopt"], `${other} adopts it as well`, "One object has one file.");
    adopted.set(adopt, other ?? source.file);
  }
  return found;
}

/** The same in every stack that a file names. */
export function checkClaimsEverywhere(destinations: CheckedDestination[]): Diagnostic[] {
  const stacks = new Set(destinations.flatMap(({ environments }) => [...environments.keys()]));
  return [...stacks].flatMap((stack) =>
    checkClaims(
      destinations.flatMap(({ slug, source, environments }) => {
        const { lowering } = environments.get(stack) ?? environments.get(undefined) ?? {};
        return lowering ? [{ slug, source, lowering }] : [];
      }),
      stack,
    ),
  );
}
