/** The tree of `@posthog/hogql-parser`, as far as it can run on the virtual machine. */
export type Expression = Span &
  (
    | { node: "Constant"; value: unknown; float?: true; value_type?: string }
    | { node: "Field"; chain: (string | number)[] }
    | { node: "Call"; name: string; args: Expression[]; params?: Expression[] | null }
    | { node: "ExprCall"; expr: Expression; args: Expression[] }
    | { node: "And"; exprs: Expression[] }
    | { node: "Or"; exprs: Expression[] }
    | { node: "Not"; expr: Expression }
    | { node: "CompareOperation"; op: string; left: Expression; right: Expression }
    | { node: "ArithmeticOperation"; op: string; left: Expression; right: Expression }
    | { node: "BetweenExpr"; expr: Expression; low: Expression; high: Expression; negated: boolean }
    | { node: "ArrayAccess"; array: Expression; property: Expression; nullish?: boolean }
    | { node: "TupleAccess"; tuple: Expression; index: number; nullish?: boolean }
    | { node: "Dict"; items: [Expression, Expression][] }
    | { node: "Array"; exprs: Expression[] }
    | { node: "Tuple"; exprs: Expression[] }
    | { node: "Lambda"; args: string[]; expr: Expression | Block }
    | { node: "Placeholder"; expr: Expression }
  );

export type Statement = Span &
  (
    | { node: "Program"; declarations: Statement[] }
    | Block
    | { node: "ExprStatement"; expr: Expression | null }
    | { node: "ReturnStatement"; expr: Expression | null }
    | { node: "ThrowStatement"; expr: Expression }
    | {
        node: "TryCatchStatement";
        try_stmt: Statement;
        catches: [name: string | null, type: string | null, body: Statement][];
        finally_stmt: Statement | null;
      }
    | { node: "IfStatement"; expr: Expression; then: Statement; else_: Statement | null }
    | { node: "WhileStatement"; expr: Expression; body: Statement }
    | {
        node: "ForStatement";
        initializer: Statement | null;
        condition: Expression | null;
        increment: Statement | null;
        body: Statement;
      }
    | { node: "ForInStatement"; keyVar: string | null; valueVar: string; expr: Expression; body: Statement }
    | { node: "VariableDeclaration"; name: string; expr: Expression | null }
    | { node: "VariableAssignment"; left: Expression; right: Expression }
    | { node: "Function"; name: string; params: string[]; body: Block }
  );

export type Block = { node: "Block"; declarations: Statement[] };

/** Offsets are UTF-16, into the text given to the compiler; nodes that the compiler builds have none. */
type Span = { start?: number; end?: number };

export function constant(value: unknown): Expression {
  return { node: "Constant", value, ...(isFloat(value) && { float: true as const }) };
}

export function field(...chain: string[]): Expression {
  return { node: "Field", chain };
}

export function call(name: string, ...args: Expression[]): Expression {
  return { node: "Call", name, args };
}

export function compare(op: string, left: Expression, right: Expression): Expression {
  return { node: "CompareOperation", op, left, right };
}

/** One condition stays itself, as in PostHog's compiler; none is true. */
export function all(exprs: Expression[]): Expression {
  const [only] = exprs;
  if (!only) return constant(true);
  return exprs.length === 1 ? only : { node: "And", exprs };
}

export function any(exprs: Expression[]): Expression {
  const [only] = exprs;
  return only && exprs.length === 1 ? only : { node: "Or", exprs };
}

function isFloat(value: unknown): boolean {
  return typeof value === "number" && !Number.isInteger(value);
}
