/** A refusal in one sentence: what is wrong and what to do, never the content that was sent. */
export function refusal(status: number, error: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error }, { status, headers });
}

export function accepted(delivery: string, state: "stored" | "repeated"): Response {
  return Response.json({ delivery, state }, { status: 202 });
}
