const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/**
 * Says what the set-up does: on a terminal one line with a spinner that leaves nothing behind, elsewhere (CI, a file) a
 * plain line for every beginning.
 *
 * @typedef {ReturnType<typeof createProgress>} Progress
 */

/** @param {{ write(text: string): unknown, isTTY?: boolean }} [out] */
export function createProgress(out = process.stdout) {
  let label = "";
  let since = 0;
  let frame = 0;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;

  function draw() {
    out.write(`\r\x1b[2K  ${frames[frame++ % frames.length]} ${label} · ${elapsed(since)}`);
  }

  function stop() {
    clearInterval(timer);
    if (timer) out.write("\r\x1b[2K");
    timer = undefined;
  }

  return {
    /** @param {string} text */
    line(text) {
      stop();
      out.write(`${text}\n`);
    },
    /**
     * Something that takes more than a second begins.
     *
     * @param {string} text
     * @param {string} [estimate] e.g. `about a minute`
     */
    begin(text, estimate) {
      stop();
      label = estimate ? `${text}, ${estimate}` : text;
      since = Date.now();
      if (out.isTTY) {
        draw();
        timer = setInterval(draw, 100);
        timer.unref();
      } else {
        out.write(`  ${label} …\n`);
      }
    },
    /** @param {string} text the next part of what began */
    part(text) {
      if (timer) label = text;
      else out.write(`    ${elapsed(since)}  ${text}\n`);
    },
    stop,
  };
}

/** @param {number} since */
function elapsed(since) {
  const seconds = Math.round((Date.now() - since) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
