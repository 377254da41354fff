import { type EdgeLabel, type GraphLabel, graphlib, layout, type NodeLabel } from "@dagrejs/dagre";
import type { HogCompiler } from "../../hog/compile.ts";
import type { HogActionFilter, HogEventFilter, HogFilters, HogProperty } from "../../hog/types.ts";
import { conditionsInWords } from "../../hog/words/conditions.ts";
import type { FilterNames } from "../../hog/words/filter.ts";
import type { HogFunction } from "../functions/hog-function.ts";
import { type Destination, shapeOf } from "./destinations.ts";

type Kind = "event" | "condition" | "shared" | "destination" | "target";
export type Node = { id: string; kind: Kind; label: string; href?: string; isOff?: boolean };
type Graph = { nodes: Node[]; edges: [from: string, to: string][] };
export type Placed = {
  width: number;
  height: number;
  nodes: (Node & { x: number; y: number; width: number; height: number; lines: string[] })[];
  /** From left to right. */
  edges: Point[][];
};
type Point = { x: number; y: number };

/** Which of its events passes which conditions to which destination, and on to whom. */
export function graphOf(
  destinations: Destination[],
  handlers: ReadonlyMap<string, string[]>,
  { compiler, names }: { compiler: HogCompiler; names: Required<FilterNames> },
): Graph {
  const nodes = new Map<string, Node>();
  const edges = new Map<string, [string, string]>();
  const add = (node: Node) => {
    nodes.set(node.id, node);
    return node.id;
  };
  const link = (from: string, to: string) => edges.set(`${from}\n${to}`, [from, to]);
  const event = (name: string | null, source = "events") =>
    add({
      id: name === null ? `any of ${source}` : `event ${name}`,
      kind: "event",
      label: name ?? anyOf.get(source) ?? "any event",
      href: name === null ? "/events" : `/events?search=${encodeURIComponent(name.toWellFormed())}`,
    });
  const words = (properties: HogProperty[] | null | undefined, rest: string[] = []) =>
    [conditionsInWords(properties ?? [], [], { compiler, groups: names.groups }), ...rest]
      .filter(Boolean)
      .join("; ");
  /** The node that leads on from `from` when these conditions hold: itself where there are none. */
  const past = (from: string, id: string, label: string, href: string, kind: Kind) => {
    if (label === "") return from;
    link(from, add({ id, kind, label, href }));
    return id;
  };

  for (const destination of destinations) {
    const { id, slug, name, enabled, sendsTo } = destination;
    const { properties, filter_test_accounts, source, events, actions, isReadable } = partsOf(destination.fn);
    const href = `/destinations/${id}`;
    const into: string[] = [];
    for (const [index, item] of events.entries()) {
      into.push(
        past(event(item.id, source), `own ${id} ${index}`, words(item.properties), href, "condition"),
      );
    }
    for (const [index, item] of actions.entries()) {
      const action = names.actions.get(item.id);
      const node = add({
        id: `action ${item.id}`,
        kind: "condition",
        label: action?.name ?? `action ${item.id}`,
        href,
      });
      for (const step of action?.steps ?? []) link(event(step.event ?? null), node);
      into.push(past(node, `of action ${id} ${index}`, words(item.properties), href, "shared"));
    }
    if (!isReadable)
      into.push(add({ id: `own ${id}`, kind: "condition", label: "unreadable filters", href }));
    else if (into.length === 0) into.push(event(null, source));
    const beside = filter_test_accounts ? ["not for internal test accounts"] : [];
    const shared = words(properties, beside);
    const end = add({
      id,
      kind: "destination",
      label: enabled ? name : `${name} (off)`,
      href,
      isOff: !enabled,
    });
    for (const from of into) link(past(from, `all ${id}`, shared, href, "shared"), end);
    for (const handler of handlers.get(slug ?? "") ?? [sendsTo]) {
      link(
        end,
        add({
          id: `to ${handler}`,
          kind: "target",
          label: handler,
          ...(handlers.has(slug ?? "") && { href: "/inbox" }),
        }),
      );
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

type Parts = HogFilters & { events: HogEventFilter[]; actions: HogActionFilter[]; isReadable: boolean };

/** With mappings it is they that name events, and what holds for all of a mapping holds for each of its. */
function partsOf({ filters, mappings }: HogFunction): Parts {
  const whole = shapeOf(filters);
  const parts = mappings?.map(({ filters: own }) => (own ? shapeOf(own) : {}));
  if (!whole || parts?.includes(undefined)) return { events: [], actions: [], isReadable: false };
  const items = (parts?.flatMap((part) => part ?? []) ?? []).map(
    ({ events = [], actions = [], properties: shared = [] }) => {
      const named = events.length + actions.length > 0 ? events : [{ id: null }];
      const within = <Item extends HogEventFilter | HogActionFilter>(item: Item) => {
        return { ...item, properties: [...(item.properties ?? []), ...shared] };
      };
      return { events: named.map(within), actions: actions.map(within) };
    },
  );
  const { events = [], actions = [] } = whole;
  if (mappings === null) return { ...whole, events, actions, isReadable: true };
  return {
    ...whole,
    events: items.flatMap((item) => item.events),
    actions: items.flatMap((item) => item.actions),
    isReadable: true,
  };
}

const anyOf = new Map([
  ["person-updates", "a person changes"],
  ["internal-events", "any event of PostHog's own"],
]);
const columns: Kind[] = ["event", "condition", "shared", "destination", "target"];
const width = 186;
const lineHeight = 17;
const perLine = 23;
const mostLines = 4;

/** More of them take many seconds, while nothing else is answered. */
const mostNodes = 1_500;

/** A place for each node, in columns from left to right; nothing where there are too many. */
export function place({ nodes, edges }: Graph): Placed | undefined {
  if (nodes.length > mostNodes) return undefined;
  const used = columns.filter((kind) => nodes.some((node) => node.kind === kind));
  const columnOf = new Map(nodes.map(({ id, kind }) => [id, used.indexOf(kind)]));
  const graph = new graphlib.Graph<GraphLabel, NodeLabel, EdgeLabel>();
  graph.setGraph({ rankdir: "LR", nodesep: 14, ranksep: 38, marginx: 2, marginy: 2, ranker: "longest-path" });
  const sized = nodes.map((node) => {
    const lines = wrap(node.label);
    return { ...node, lines, width, height: lines.length * lineHeight + 18 };
  });
  for (const { id, height } of sized) graph.setNode(id, { width, height });
  for (const [from, to] of edges) {
    // as long as the columns between them, so that a column holds one kind
    graph.setEdge(from, to, { minlen: (columnOf.get(to) ?? 0) - (columnOf.get(from) ?? 0) });
  }
  layout(graph);
  const { width: all = 0, height = 0 } = graph.graph();
  const centreOf = (id: string) => ({ x: graph.node(id).x ?? 0, y: graph.node(id).y ?? 0 });
  const centres = new Set(nodes.map(({ id }) => Math.round(centreOf(id).x)));
  return {
    width: Math.max(0, Math.ceil(all)),
    height: Math.max(0, Math.ceil(height)),
    nodes: sized.map((node) => ({ ...node, ...topLeft(centreOf(node.id), node) })),
    edges: edges.map(([from, to]) => {
      const [start, end] = [centreOf(from), centreOf(to)];
      // out at the right, level past the columns between, in at the left
      const points: Point[] = graph.edge(from, to).points ?? [];
      const level = points
        .filter(({ x }) => x > start.x + width && x < end.x - width && centres.has(Math.round(x)))
        .flatMap(({ x, y }) => [
          { x: x - width / 2, y },
          { x: x + width / 2, y },
        ]);
      return [{ x: start.x + width / 2, y: start.y }, ...level, { x: end.x - width / 2, y: end.y }];
    }),
  };
}

function topLeft({ x, y }: Point, size: { width: number; height: number }): Point {
  return { x: Math.round(x - size.width / 2), y: Math.round(y - size.height / 2) };
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text
    .split(/\s+/)
    .flatMap((one) => one.match(new RegExp(`.{1,${perLine}}`, "gsu")) ?? [])) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < perLine)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  if (lines.length <= mostLines) return lines;
  return [...lines.slice(0, mostLines - 1), `${lines[mostLines - 1]?.slice(0, perLine - 2)} …`];
}
