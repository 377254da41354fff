/**
 * Reads a body up to `limit` bytes; `"too large"` beyond it. Counts while it streams, because `Content-Length` may be
 * absent or wrong, and stops reading at the limit, so a sender cannot fill the memory.
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array | "too large"> {
  if (Number(request.headers.get("content-length")) > limit) return "too large";
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) return "too large";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
