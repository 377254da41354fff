import { isNode, type Join, type Node, type Order, type Select } from "./tree.ts";

/** A query as PostHog prints it back: operators as functions, on one line. */
export function printQuery(select: Select): string {
  const list = (nodes: Node[]) => nodes.map(printNode).join(", ");
  const clauses = [
    `SELECT ${select.distinct ? "DISTINCT " : ""}${list(select.select)}`,
    select.select_from && `FROM ${printJoin(select.select_from)}`,
    select.where && `WHERE ${printNode(select.where)}`,
    select.group_by?.length && `GROUP BY ${list(select.group_by)}`,
    select.having && `HAVING ${printNode(select.having)}`,
    select.order_by?.length && `ORDER BY ${select.order_by.map(printOrder).join(", ")}`,
    select.limit && `LIMIT ${printNode(select.limit)}`,
  ];
  return clauses.filter(Boolean).join(" ");
}

/** Also the name of a column that has no alias. */
export function printNode(node: Node): string {
  const list = (nodes: Node[]) => nodes.map(printNode).join(", ");
  switch (node.node) {
    case "Constant":
      return printConstant(node.value);
    case "Field":
      return node.chain.map((part) => (part === "*" ? part : identifier(part))).join(".");
    case "Alias":
      return `${printNode(node.expr)} AS ${identifier(node.alias)}`;
    case "Call": {
      const parameters = node.params?.length ? `(${list(node.params)})` : "";
      return `${node.name}${parameters}(${node.distinct ? "DISTINCT " : ""}${list(node.args)})`;
    }
    case "And":
    case "Or":
      return `${node.node.toLowerCase()}(${list(node.exprs)})`;
    case "Not":
      return `not(${printNode(node.expr)})`;
    case "CompareOperation":
    case "ArithmeticOperation":
      return printOperation(node.op, printNode(node.left), printNode(node.right));
    case "BetweenExpr": {
      const bounds = `BETWEEN ${printNode(node.low)} AND ${printNode(node.high)}`;
      return `${printNode(node.expr)}${node.negated ? " NOT" : ""} ${bounds}`;
    }
    case "ArrayAccess":
      return `${printNode(node.array)}[${printNode(node.property)}]`;
    case "Array":
      return `[${list(node.exprs)}]`;
    case "Tuple":
      return `tuple(${list(node.exprs)})`;
    case "SelectQuery":
      return `(${printQuery(node)})`;
    default:
      return node.node;
  }
}

const names: Record<string, string> = {
  "==": "equals",
  "!=": "notEquals",
  "<": "less",
  "<=": "lessOrEquals",
  ">": "greater",
  ">=": "greaterOrEquals",
  "not in": "notIn",
  "not like": "notLike",
  "not ilike": "notILike",
  "+": "plus",
  "-": "minus",
  "*": "multiply",
  "/": "divide",
  "%": "modulo",
};

function printOperation(op: string, left: string, right: string): string {
  if (op === "=~") return `match(${left}, ${right})`;
  if (op === "!~") return `not(match(${left}, ${right}))`;
  if (op === "=~*") return `match(${left}, concat('(?i)', ${right}))`;
  if (op === "!~*") return `not(match(${left}, concat('(?i)', ${right})))`;
  return `${names[op] ?? op}(${left}, ${right})`;
}

function printJoin({ table, alias, constraint, join_type, next_join }: Join): string {
  const parts = [
    join_type,
    printNode(table),
    alias && `AS ${identifier(alias)}`,
    constraint && `${constraint.constraint_type} ${printNode(constraint.expr)}`,
    next_join && printJoin(next_join),
  ];
  return parts.filter(Boolean).join(" ");
}

function printOrder({ expr, order }: Order): string {
  return `${printNode(expr)} ${order}`;
}

function printConstant(value: unknown): string {
  if (typeof value === "string") return `'${value.replace(/[\\']/g, "\\$&")}'`;
  if (Array.isArray(value)) return `[${value.map(printConstant).join(", ")}]`;
  return isNode(value) ? printNode(value) : value === null ? "NULL" : String(value);
}

function identifier(name: string | number): string {
  if (/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(String(name)) || typeof name === "number") return String(name);
  return `\`${name.replace(/[\\`]/g, "\\$&")}\``;
}
