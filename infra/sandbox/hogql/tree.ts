/** The tree of a query, as `@posthog/hogql-parser` gives it; a node that is not here is refused by its name. */
export type Node =
  | { node: "Constant"; value: unknown; float?: true; value_type?: string }
  | { node: "Field"; chain: (string | number)[] }
  | {
      node: "Call";
      name: string;
      args: Node[];
      params?: Node[] | null;
      distinct?: boolean;
      filter_expr?: Node | null;
      order_by?: Node[] | null;
      within_group?: Node[] | null;
    }
  | { node: "And" | "Or"; exprs: Node[] }
  | { node: "Not"; expr: Node }
  | { node: "CompareOperation" | "ArithmeticOperation"; op: string; left: Node; right: Node }
  | { node: "BetweenExpr"; expr: Node; low: Node; high: Node; negated: boolean }
  | { node: "ArrayAccess"; array: Node; property: Node }
  | { node: "Array" | "Tuple"; exprs: Node[] }
  | { node: "Alias"; alias: string; expr: Node }
  | { node: "Placeholder"; expr: Node }
  | Select
  | { node: "SelectSetQuery" | "Lambda" | "TypeCast" | "TupleAccess" | "Dict" | "WindowFunction" };

export type Select = {
  node: "SelectQuery";
  ctes?: { name: string; cte_type: string; expr: Node; columns?: unknown }[] | null;
  select: Node[];
  distinct?: boolean | null;
  select_from?: Join | null;
  where?: Node | null;
  group_by?: Node[] | null;
  having?: Node | null;
  order_by?: Order[] | null;
  limit?: Node | null;
  offset?: Node | null;
};

export type Join = {
  node: "JoinExpr";
  table: Node;
  alias?: string | null;
  join_type?: string | null;
  constraint?: { constraint_type: string; expr: Node } | null;
  next_join?: Join | null;
};

export type Order = { node: "OrderExpr"; expr: Node; order: string };

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "node" in value;
}
