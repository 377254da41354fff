import { HogError } from "../hog-error.ts";
import type { Bytecode } from "../types.ts";
import type { Statement } from "./ast.ts";
import { emit, emitChoice, emitFunction, emitKey, spanOf, unsupported } from "./emit.ts";
import { Op } from "./opcodes.ts";
import type { Scope } from "./scope.ts";

type Node<Kind extends Statement["node"]> = Extract<Statement, { node: Kind }>;

/** The opcodes of a statement, as PostHog's compiler orders them. Jumps are relative to the instruction after them. */
export function emitStatement(node: Statement, scope: Scope): Bytecode {
  switch (node.node) {
    case "Program":
    case "Block":
      return scope.block(() => node.declarations.flatMap((statement) => emitStatement(statement, scope)));
    case "ExprStatement":
      return node.expr ? [...emit(node.expr, scope), Op.POP] : [];
    case "ReturnStatement":
      return [...(node.expr ? emit(node.expr, scope) : [Op.NULL]), Op.RETURN];
    case "ThrowStatement":
      return [...emit(node.expr, scope), Op.THROW];
    case "IfStatement":
      return emitChoice(
        emit(node.expr, scope),
        emitStatement(node.then, scope),
        node.else_ ? emitStatement(node.else_, scope) : undefined,
      );
    case "WhileStatement":
      return emitLoop(emit(node.expr, scope), emitStatement(node.body, scope));
    case "ForStatement":
      return emitFor(node, scope);
    case "ForInStatement":
      return scope.block(() => emitForIn(node, scope));
    case "TryCatchStatement":
      return emitTry(node, scope);
    case "VariableDeclaration":
      // Declared first: the name is known inside a function that is its value.
      scope.declare(node.name, spanOf(node));
      return node.expr ? emit(node.expr, scope) : [Op.NULL];
    case "VariableAssignment":
      return emitAssignment(node, scope);
    case "Function":
      scope.declare(node.name, spanOf(node));
      return emitFunction(node.name, node.params, node.body, scope);
    default:
      throw unsupported(node);
  }
}

function emitLoop(condition: Bytecode, body: Bytecode): Bytecode {
  const loop = [...condition, Op.JUMP_IF_FALSE, body.length + 2, ...body];
  return [...loop, Op.JUMP, -loop.length - 2];
}

function emitFor(node: Node<"ForStatement">, scope: Scope): Bytecode {
  const parts = () => {
    const start = node.initializer ? emitStatement(node.initializer, scope) : [];
    const condition = node.condition ? emit(node.condition, scope) : [];
    const step = node.increment ? emitStatement(node.increment, scope) : [];
    return [...start, ...emitLoop(condition, [...emitStatement(node.body, scope), ...step])];
  };
  return node.initializer ? scope.block(parts) : parts();
}

/** Runs over the value's keys and values by index; the variables with `__H_` are out of a program's reach. */
function emitForIn(node: Node<"ForInStatement">, scope: Scope): Bytecode {
  const get = (local: number) => [Op.GET_LOCAL, local];
  const pick = (list: number, index: number, into: number) => {
    return [...get(list), ...get(index), Op.GET_PROPERTY, Op.SET_LOCAL, into];
  };

  const source = scope.declare("__H_expr_H__");
  const code = emit(node.expr, scope);
  const keys = node.keyVar === null ? undefined : scope.declare("__H_keys_H__");
  if (keys !== undefined) code.push(...get(source), Op.CALL_GLOBAL, "keys", 1);
  const values = scope.declare("__H_values_H__");
  code.push(...get(source), Op.CALL_GLOBAL, "values", 1);
  const index = scope.declare("__H_index_H__");
  code.push(Op.INTEGER, 1);
  const limit = scope.declare("__H_limit_H__");
  code.push(...get(values), Op.CALL_GLOBAL, "length", 1);
  const key = node.keyVar === null ? undefined : scope.declare(node.keyVar);
  if (key !== undefined) code.push(Op.NULL);
  const value = scope.declare(node.valueVar);
  code.push(Op.NULL);

  const condition = [...get(limit), ...get(index), Op.LT_EQ];
  const body = [
    ...(keys === undefined || key === undefined ? [] : pick(keys, index, key)),
    ...pick(values, index, value),
    ...emitStatement(node.body, scope),
    ...[...get(index), Op.INTEGER, 1, Op.PLUS, Op.SET_LOCAL, index],
  ];
  return [...code, ...emitLoop(condition, body)];
}

/**
 * The machine jumps to the catches with the error on the stack. They share two variables, the error `e` and its type;
 * each catch that fits jumps over the rest, and the end throws again what none has caught.
 */
function emitTry(node: Node<"TryCatchStatement">, scope: Scope): Bytecode {
  if (node.finally_stmt) throw new HogError("unsupported", "`finally` is not supported", spanOf(node));
  if (node.catches.length === 0) throw new HogError("syntax", "`try` needs a `catch`", spanOf(node));

  const attempt = emitStatement(node.try_stmt, scope);
  scope.open();
  scope.declare("e");
  const catches = emit({ node: "Field", chain: ["e", "type"] }, scope);
  scope.declare("type");

  const exits: number[] = [];
  for (const clause of node.catches) {
    catches.push(...emitCatch(clause, scope), Op.JUMP, null);
    exits.push(catches.length - 1);
  }
  catches.push(Op.POP, Op.THROW);
  const cleanup = scope.close();
  for (const exit of exits) catches[exit] = catches.length - exit - 1;
  catches.push(...cleanup);

  return [Op.TRY, attempt.length + 4, ...attempt, Op.POP_TRY, Op.JUMP, catches.length, ...catches];
}

function emitCatch([name, type, body]: Node<"TryCatchStatement">["catches"][number], scope: Scope): Bytecode {
  const handler = () => {
    const variable = name ?? "e";
    const alias = variable === "e" ? [] : [Op.GET_LOCAL, scope.local("e")];
    if (variable !== "e") scope.declare(variable);
    return [...alias, ...emitStatement(body, scope)];
  };
  if (!type || type === "Error") return scope.block(handler);

  const test = [Op.STRING, type, Op.GET_LOCAL, scope.local("type"), Op.EQ];
  scope.open();
  const code = handler();
  const cleanup = scope.close();
  // PostHog's compiler does not count the clean-up here, so neither do we: with a variable of its own, a typed catch
  // that does not fit goes astray at run time. Only `e` is safe.
  return [...test, Op.JUMP_IF_FALSE, code.length + 2, ...code, ...cleanup];
}

function emitAssignment({ left, right, ...node }: Node<"VariableAssignment">, scope: Scope): Bytecode {
  if (left.node === "TupleAccess") {
    return [...emit(left.tuple, scope), Op.INTEGER, left.index, ...emit(right, scope), Op.SET_PROPERTY];
  }
  if (left.node === "ArrayAccess") {
    return [
      ...emit(left.array, scope),
      ...emit(left.property, scope),
      ...emit(right, scope),
      Op.SET_PROPERTY,
    ];
  }
  if (left.node !== "Field") throw new HogError("syntax", "Cannot assign to this expression", spanOf(node));

  const name = String(left.chain[0]);
  const local = scope.local(name);
  const upvalue = local === undefined ? scope.upvalue(name) : undefined;
  if (local === undefined && upvalue === undefined) {
    throw new HogError(
      "syntax",
      `Cannot assign to \`${name}\`: it is not declared with \`let\``,
      spanOf(left),
    );
  }
  const member = left.chain.length > 1 ? left.chain.at(-1) : undefined;
  if (member !== undefined) {
    const owner = emit({ ...left, chain: left.chain.slice(0, -1) }, scope);
    return [...owner, ...emitKey(member), ...emit(right, scope), Op.SET_PROPERTY];
  }
  const value = emit(right, scope);
  return local === undefined ? [...value, Op.SET_UPVALUE, upvalue] : [...value, Op.SET_LOCAL, local];
}
