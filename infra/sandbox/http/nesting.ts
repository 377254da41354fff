const [quote, backslash, openList, closeList, openObject, closeObject] = [...'"\\[]{}'].map((letter) =>
  letter.charCodeAt(0),
);

/** Whether a JSON text nests deeper than `levels`: what walks over its value would run out of stack. */
export function nestsDeeperThan(levels: number, json: string): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (inText) {
      if (code === backslash) at++;
      else if (code === quote) inText = false;
    } else if (code === quote) inText = true;
    else if (code === openList || code === openObject) {
      if (++depth > levels) return true;
    } else if (code === closeList || code === closeObject) depth--;
  }
  return false;
}
