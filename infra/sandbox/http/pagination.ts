type Page<Row> = { count: number; next: string | null; previous: string | null; results: Row[] };

/** Limit and offset from the query, 100 rows unless told (contract §1.3). */
export function paginate<Row>(
  requestUrl: string,
  count: number,
  rows: (limit: number, offset: number) => Row[],
): Page<Row> {
  const url = new URL(requestUrl);
  const limit = wholeNumber(url.searchParams.get("limit")) || 100;
  const offset = wholeNumber(url.searchParams.get("offset"));
  const link = (to: number) => {
    const target = new URL(url);
    target.searchParams.set("limit", String(limit));
    if (to > 0) target.searchParams.set("offset", String(to));
    else target.searchParams.delete("offset");
    return target.href;
  };
  return {
    count,
    next: offset + limit < count ? link(offset + limit) : null,
    previous: offset > 0 ? link(offset - limit) : null,
    results: rows(limit, offset),
  };
}

function wholeNumber(text: string | null): number {
  return text !== null && /^\d+$/.test(text) ? Number(text) : 0;
}
