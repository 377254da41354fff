import { type CheckResult, checkProject } from "./check.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { applyEdits } from "./edit.ts";
import { readYaml } from "./read-file.ts";

export type Fixing = {
  /** What is left when nothing more can be mended; its diagnostics are those that need a person. */
  result: CheckResult;
  /** What was mended, as it was found. */
  fixed: Diagnostic[];
  /** The files that are to be written: what each held, and what it should. */
  changed: Map<string, { before: string; after: string }>;
};

// A mended place may show the next mistake; what still changes after so many rounds is going round in circles.
const MAX_ROUNDS = 10;

/** Mends what has one right answer in the files that `checkProject` would check. Writes nothing. */
export async function fixProject(root: string, files?: string[]): Promise<Fixing> {
  const edited = new Map<string, string>();
  const changed: Fixing["changed"] = new Map();
  const fixed: Diagnostic[] = [];
  for (let round = 0; ; round++) {
    const result = await checkProject(root, files, { edited });
    const wanted = round === MAX_ROUNDS ? [] : result.diagnostics.filter(({ fix, span }) => fix && span);
    const before = fixed.length;
    for (const [file, found] of Map.groupBy(wanted, ({ span }) => span?.file ?? "")) {
      const parsed = await readYaml(root, file, edited);
      const { text, applied } = applyEdits(
        parsed,
        found.map(({ fix = [] }) => fix),
      );
      if (text === parsed.source.text) continue;
      edited.set(file, text);
      changed.set(file, { before: changed.get(file)?.before ?? parsed.source.text, after: text });
      fixed.push(...found.filter((_diagnostic, index) => applied[index]));
    }
    if (fixed.length > before) continue;
    const diagnostics = result.diagnostics.map(({ fix: _fix, ...diagnostic }) => diagnostic);
    return { result: { ...result, diagnostics }, fixed, changed };
  }
}
