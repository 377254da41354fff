import { connect } from "node:net";

/** Whether the engine that started this provider is still there. */
export type EngineWatch = { isThere(): Promise<boolean> };

const everyMs = 1000;

/**
 * A provider outlives a killed engine and would go on creating (design §4, Interruption): `onGone` is called once the
 * engine's address, `127.0.0.1:<port>`, refuses. Without an address nothing is watched.
 */
export function watchEngine(address: string | undefined, onGone: () => void): EngineWatch {
  const [, host, port] = address?.match(/^(.+):(\d+)$/) ?? [];
  if (host === undefined || port === undefined) return { isThere: async () => true };

  async function look(): Promise<boolean> {
    const there = await accepts(String(host), Number(port));
    if (!there && !isGone) {
      isGone = true;
      clearInterval(watch);
      onGone();
    }
    return there;
  }
  /** One connection for all who ask meanwhile: eight creates are under way at a time. */
  function isThere(): Promise<boolean> {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  }
  let looking: Promise<boolean> | undefined;
  let isGone = false;
  const watch = setInterval(isThere, everyMs).unref();
  return { isThere };
}

/** Only a refusal counts: any other failure to connect says nothing about the engine. */
function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => resolve(true));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "ECONNREFUSED"));
    socket.once("connect", () => socket.destroy());
  });
}
