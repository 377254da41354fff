import type { LoweredLifecycle } from "../lowered.ts";
import type { Report } from "../report.ts";

type Written = {
  adopt?: string | number | undefined;
  aliases?: string[] | undefined;
  hog?: unknown;
  lifecycle?: { [Key in "protect" | "retain" | "upgrade"]?: boolean | undefined } | undefined;
};

/** An alias that is another file's is found where all files are. */
export function lowerLifecycle(
  { adopt, aliases = [], hog, lifecycle = {} }: Written,
  slug: string,
  report: Report,
): LoweredLifecycle {
  for (const [index, alias] of aliases.entries()) {
    const path = ["aliases", index];
    if (alias === slug) {
      const message = `\`${alias}\` is what the file is called: an alias is what it was called before`;
      report({ code: "HW015", path, message, hint: "Remove it." });
    } else if (aliases.indexOf(alias) < index) {
      const message = `the alias \`${alias}\` is named twice`;
      report({ code: "HW015", path, message, hint: "Remove one of the two." });
    }
  }
  const { protect, retain, upgrade } = lifecycle;
  if (upgrade && hog !== undefined) {
    const message = "code of one's own has no template that it could follow";
    report({ code: "HW015", path: ["lifecycle", "upgrade"], message, hint: "Remove it." });
  }
  const wanted = {
    ...(protect && { protect }),
    ...(retain && { retain }),
    ...(upgrade && { upgrade }),
  };
  return {
    ...(adopt !== undefined && { adopt: String(adopt).toLowerCase() }),
    ...(aliases.length > 0 && { aliases }),
    ...(Object.keys(wanted).length > 0 && { lifecycle: wanted }),
  };
}
