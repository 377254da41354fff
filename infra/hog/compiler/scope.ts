import { HogError } from "../hog-error.ts";
import type { Bytecode } from "../types.ts";
import { Op } from "./opcodes.ts";

type Local = { name: string; depth: number; captured: boolean };

/** A variable of an enclosing function, by its place there: a local of its, or a captured variable of its own. */
type UpValue = { isLocal: boolean; index: number };

/**
 * A global that a source reads; `path` is what follows the name (`{event.properties['x']}`: event, [properties, x]), as
 * far as the steps are constants. Offsets are UTF-16, into the text.
 */
export type GlobalRead = { name: string; path: string[]; start: number; end: number };

/** The variables of one function while its code is emitted. The stack slot of a local is its index here. */
export class Scope {
  readonly locals: Local[] = [];
  readonly upvalues: UpValue[] = [];
  readonly globals: GlobalRead[];
  readonly functions: Set<string>;
  readonly #enclosing: Scope | undefined;
  #depth = 0;

  constructor(params: string[] = [], enclosing?: Scope) {
    this.#enclosing = enclosing;
    this.globals = enclosing?.globals ?? [];
    this.functions = enclosing?.functions ?? new Set();
    for (const name of params) this.declare(name);
  }

  declare(name: string, span?: { start: number; end: number }): number {
    if (this.locals.some((local) => local.depth >= this.#depth && local.name === name)) {
      throw new HogError("syntax", `Variable \`${name}\` is already declared in this scope`, span);
    }
    return this.locals.push({ name, depth: this.#depth, captured: false }) - 1;
  }

  /** Emits `body` in a block of its own, and what takes its variables off the stack again. */
  block(body: () => Bytecode): Bytecode {
    this.open();
    return [...body(), ...this.close()];
  }

  open(): void {
    this.#depth++;
  }

  close(): Bytecode {
    this.#depth--;
    const cleanup: Bytecode = [];
    for (let last = this.locals.at(-1); last && last.depth > this.#depth; last = this.locals.at(-1)) {
      cleanup.push(last.captured ? Op.CLOSE_UPVALUE : Op.POP);
      this.locals.pop();
    }
    return cleanup;
  }

  local(name: string): number | undefined {
    const index = this.locals.findLastIndex((local) => local.name === name);
    return index === -1 ? undefined : index;
  }

  upvalue(name: string): number | undefined {
    if (!this.#enclosing) return undefined;
    const index = this.#enclosing.local(name);
    const local = index === undefined ? undefined : this.#enclosing.locals[index];
    if (index !== undefined && local) {
      local.captured = true;
      return this.#capture({ isLocal: true, index });
    }
    const outer = this.#enclosing.upvalue(name);
    return outer === undefined ? undefined : this.#capture({ isLocal: false, index: outer });
  }

  #capture(upvalue: UpValue): number {
    const known = this.upvalues.findIndex(
      ({ isLocal, index }) => isLocal === upvalue.isLocal && index === upvalue.index,
    );
    return known === -1 ? this.upvalues.push(upvalue) - 1 : known;
  }
}
