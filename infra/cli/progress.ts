/** Says on a terminal what is being waited for, once that takes longer than a second; called with nothing it is taken away. */
export function createProgress(
  stream: NodeJS.WriteStream = process.stderr,
  now: () => number = Date.now,
): (text?: string) => void {
  const start = now();
  let shown = "";
  return function progress(text) {
    const seconds = Math.floor((now() - start) / 1000);
    const line = text === undefined || seconds < 1 ? "" : `… ${text} (${seconds} s)`;
    if (!stream.isTTY || line === shown) return;
    stream.write(`\r\u001b[K${line}`);
    shown = line;
  };
}
