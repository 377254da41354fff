import { HogError } from "../hog-error.ts";
import type { Bytecode } from "../types.ts";
import type { Block, Expression, Statement } from "./ast.ts";
import { emitStatement } from "./emit-statement.ts";
import { ARITHMETIC, COMPARE, Op } from "./opcodes.ts";
import { Scope } from "./scope.ts";

type Node<Kind extends Expression["node"]> = Extract<Expression, { node: Kind }>;

// This file and emit-statement.ts need each other: a lambda is an expression with statements in it.

/**
 * The opcodes of an expression, in the order of PostHog's compiler: operands from right to left, a chain of names from
 * its end. Throws `HogError` for what the virtual machine cannot run.
 */
export function emit(node: Expression, scope: Scope): Bytecode {
  switch (node.node) {
    case "Constant":
      return emitConstant(node);
    case "Field":
      return emitField(node, scope);
    case "Call":
      return emitCall(node, scope);
    case "ExprCall":
      return [...emitAll(node.args, scope), ...emit(node.expr, scope), Op.CALL_LOCAL, node.args.length];
    case "And":
      return [...emitAll(node.exprs, scope), Op.AND, node.exprs.length];
    case "Or":
      return [...emitAll(node.exprs, scope), Op.OR, node.exprs.length];
    case "Not":
      return [...emit(node.expr, scope), Op.NOT];
    case "CompareOperation":
      return emitBinary(node, COMPARE, scope);
    case "ArithmeticOperation":
      refuseHyphen(node);
      return emitBinary(node, ARITHMETIC, scope);
    case "BetweenExpr":
      return emitBetween(node, scope);
    case "ArrayAccess":
      // To Python false is 0.
      if (node.property.node === "Constant" && (node.property.value === 0 || node.property.value === false)) {
        throw new HogError("syntax", "Array access starts from 1", spanOf(node));
      }
      return emitAccess(node, scope);
    case "TupleAccess":
      return [...emit(node.tuple, scope), Op.INTEGER, node.index, accessOp(node)];
    case "Dict":
      return [...emitAll(node.items.flat(), scope), Op.DICT, node.items.length];
    case "Array":
      return [...emitAll(node.exprs, scope), Op.ARRAY, node.exprs.length];
    case "Tuple":
      return [...emitAll(node.exprs, scope), Op.TUPLE, node.exprs.length];
    case "Lambda":
      return emitFunction("lambda", node.args, node.expr, scope);
    case "Placeholder":
      throw new HogError("unsupported", "Double braces `{{ }}` are not Hog: write `{ }`", spanOf(node));
    default:
      throw unsupported(node);
  }
}

function emitAll(nodes: Expression[], scope: Scope): Bytecode {
  return nodes.flatMap((node) => emit(node, scope));
}

/**
 * A function's code with an implicit `return` at its end. `{ name }` as a body comes out of the grammar as a
 * placeholder: it is a block with one expression.
 */
export function emitFunction(
  name: string,
  params: string[],
  body: Expression | Block,
  scope: Scope,
): Bytecode {
  const inner = new Scope(params, scope);
  const code = emitStatement(withReturn(body), inner);
  return [
    ...[Op.CALLABLE, name, params.length, inner.upvalues.length, code.length, ...code],
    ...[Op.CLOSURE, inner.upvalues.length],
    ...inner.upvalues.flatMap(({ isLocal, index }) => [isLocal, index]),
  ];
}

/** Reading a variable or a global, and the members after it. */
function emitField(node: Node<"Field">, scope: Scope): Bytecode {
  const [head, ...members] = node.chain;
  const variable = emitVariable(String(head), scope);
  if (variable) return [...variable, ...members.flatMap((member) => [...emitKey(member), Op.GET_PROPERTY])];

  scope.globals.push({
    name: String(head),
    path: members.map(String),
    start: node.start ?? 0,
    end: node.end ?? 0,
  });
  return [...node.chain.toReversed().flatMap((name) => [Op.STRING, name]), Op.GET_GLOBAL, node.chain.length];
}

/** What stands in brackets or after `?.` is a step of the global that is read, as far as it is a constant. */
function emitAccess(node: Node<"ArrayAccess">, scope: Scope): Bytecode {
  const before = scope.globals.length;
  const array = emit(node.array, scope);
  const read = scope.globals[before];
  const step = stepOf(node);
  if (read && step !== undefined && isPath(node.array)) {
    scope.globals[before] = { ...read, path: [...read.path, step], end: node.end ?? read.end };
  }
  return [...array, ...emit(node.property, scope), accessOp(node)];
}

function isPath(node: Expression): boolean {
  if (node.node === "Field") return true;
  return node.node === "ArrayAccess" && stepOf(node) !== undefined && isPath(node.array);
}

function stepOf({ property }: Node<"ArrayAccess">): string | undefined {
  return property.node === "Constant" && typeof property.value === "string" ? property.value : undefined;
}

export function emitKey(key: string | number): Bytecode {
  return typeof key === "number" ? [Op.INTEGER, key] : [Op.STRING, key];
}

// What the grammar reads and the machine cannot run, as its writer would call it.
const UNSUPPORTED: ReadonlyMap<string, string> = new Map([
  ["SelectQuery", "A subquery (`select`)"],
  ["SelectSetQuery", "A subquery (`select`)"],
  ["HogQLXTag", "A tag (`<a />`)"],
  ["ArraySlice", "A slice (`[1:2]`)"],
  ["TypeCast", "A cast (`::`, `cast`)"],
  ["TryCast", "A cast (`try_cast`)"],
  ["Alias", "An alias (`as`)"],
  ["WindowFunction", "A window function (`over`)"],
  ["ColumnsExpr", "`columns()`"],
  ["IsDistinctFrom", "`is distinct from`"],
  // `() -> { n := 1 }` is read as this too.
  ["NamedArgument", "A named argument (`name := value`; for an assignment, end it with `;`)"],
]);

export function unsupported(node: { node: string; start?: number; end?: number }): HogError {
  const name = UNSUPPORTED.get(node.node) ?? `\`${node.node}\``;
  return new HogError("unsupported", `${name} cannot be used here: it is not supported`, spanOf(node));
}

export function spanOf(node: { start?: number; end?: number }): { start: number; end: number } | undefined {
  return node.start === undefined || node.end === undefined
    ? undefined
    : { start: node.start, end: node.end };
}

function emitVariable(name: string, scope: Scope): Bytecode | undefined {
  const local = scope.local(name);
  if (local !== undefined) return [Op.GET_LOCAL, local];
  const upvalue = scope.upvalue(name);
  return upvalue === undefined ? undefined : [Op.GET_UPVALUE, upvalue];
}

function emitConstant(node: Node<"Constant">): Bytecode {
  const { value } = node;
  if (node.value_type)
    throw new HogError("unsupported", `The number ${value} is not supported`, spanOf(node));
  if (value === true) return [Op.TRUE];
  if (value === false) return [Op.FALSE];
  if (value === null) return [Op.NULL];
  if (typeof value === "string") return [Op.STRING, value];
  if (typeof value === "number") return [node.float ? Op.FLOAT : Op.INTEGER, value];
  throw new HogError(
    "unsupported",
    `A value must be text, a number, true, false or null: ${JSON.stringify(value)}`,
  );
}

function emitBinary(
  node: Node<"CompareOperation"> | Node<"ArithmeticOperation">,
  operators: ReadonlyMap<string, number>,
  scope: Scope,
): Bytecode {
  const op = operators.get(node.op);
  if (op === undefined) {
    const reason = node.op.includes("cohort")
      ? "cohorts cannot be used in destinations"
      : "it is not supported";
    throw new HogError("unsupported", `Operator \`${node.op}\`: ${reason}`, spanOf(node));
  }
  return [...emit(node.right, scope), ...emit(node.left, scope), op];
}

/** `a.b-c` means a member named `b-c` to its writer and a subtraction to the parser: PostHog refuses it too. */
function refuseHyphen({ op, left, right, ...node }: Node<"ArithmeticOperation">): void {
  const adjacent = left.end !== undefined && right.start !== undefined && right.start - left.end === 1;
  if (op !== "-" || !adjacent || left.node !== "Field" || right.node !== "Field" || left.chain.length < 2)
    return;
  const [object, member] = [left.chain.slice(0, -1).join("."), `${left.chain.at(-1)}-${right.chain[0]}`];
  throw new HogError(
    "syntax",
    `Hyphens are not supported in names: write \`${object}['${member}']\`, or spaces around the minus`,
    spanOf(node),
  );
}

function emitBetween(node: Node<"BetweenExpr">, scope: Scope): Bytecode {
  const [below, above, join] = node.negated ? [Op.LT, Op.GT, Op.OR] : [Op.GT_EQ, Op.LT_EQ, Op.AND];
  const value = emit(node.expr, scope);
  return [...emit(node.low, scope), ...value, below, ...emit(node.high, scope), ...value, above, join, 2];
}

function accessOp(node: { nullish?: boolean }): number {
  return node.nullish ? Op.GET_PROPERTY_NULLISH : Op.GET_PROPERTY;
}

function emitCall(node: Node<"Call">, scope: Scope): Bytecode {
  const { name, args } = node;
  const [first, second, third] = args;

  if (name === "not" && first && args.length === 1) return [...emit(first, scope), Op.NOT];
  if (name === "and" && args.length > 1) return [...emitAll(args, scope), Op.AND, args.length];
  if (name === "or" && args.length > 1) return [...emitAll(args, scope), Op.OR, args.length];
  if ((name === "if" || (name === "multiIf" && args.length <= 3)) && first && second) {
    // A fourth argument leaves it without an else.
    const otherwise = args.length === 3 ? third : undefined;
    return emitChoice(emit(first, scope), emit(second, scope), otherwise && emit(otherwise, scope));
  }
  if (name === "multiIf" && args.length > 3) return emitChoices(args, scope);
  if (name === "ifNull" && first && second && args.length === 2) {
    const value = emit(first, scope);
    const fallback = emit(second, scope);
    return [...value, Op.JUMP_IF_STACK_NOT_NULL, fallback.length + 1, Op.POP, ...fallback];
  }
  if (name === "sql")
    throw new HogError("unsupported", "`sql()` cannot be used in a destination", spanOf(node));

  // f(1)(2): the parser calls the first pair of brackets `params`.
  const passed = emitAll(node.params ?? args, scope);
  const count = (node.params ?? args).length;
  const variable = emitVariable(name, scope);
  if (!variable) scope.functions.add(name);
  const called = variable
    ? [...passed, ...variable, Op.CALL_LOCAL, count]
    : [...passed, Op.CALL_GLOBAL, name, count];
  return node.params ? [...emitAll(args, scope), ...called, Op.CALL_LOCAL, args.length] : called;
}

/** `if` and `if … else`, of expressions and of statements. */
export function emitChoice(condition: Bytecode, then: Bytecode, otherwise?: Bytecode): Bytecode {
  if (!otherwise?.length) return [...condition, Op.JUMP_IF_FALSE, then.length, ...then];
  const skip = [Op.JUMP, otherwise.length, ...otherwise];
  return [...condition, Op.JUMP_IF_FALSE, then.length + 2, ...then, ...skip];
}

function emitChoices([condition, then, ...rest]: Expression[], scope: Scope): Bytecode {
  if (!condition) return [];
  if (!then) return emit(condition, scope);
  const otherwise = rest.length > 0 ? emitChoices(rest, scope) : undefined;
  return emitChoice(emit(condition, scope), emit(then, scope), otherwise);
}

function withReturn(body: Expression | Block): Statement {
  const end: Statement = { node: "ReturnStatement", expr: null };
  if (body.node === "Placeholder") {
    return { node: "Block", declarations: [{ node: "ExprStatement", expr: body.expr }, end] };
  }
  if (body.node !== "Block") return { node: "ReturnStatement", expr: body };
  const returns = body.declarations.at(-1)?.node === "ReturnStatement";
  return returns ? body : { ...body, declarations: [...body.declarations, end] };
}
