/** Rows from which a loop of their own pays for being compiled. */
const ROWS_MIN = 64;

/** Keys of a shape that has a loop: each is a variable of it. */
const KEYS_MAX = 64;

/** Loops that are kept; the oldest goes first. */
const LOOPS_MAX = 256;

/** Loops that one block may add: a block of nothing but shapes must not keep the thread busy. */
const LOOPS_PER_BLOCK_MAX = 64;

/** Fills `rows` with objects whose fields stand in columns. */
type Loop = (rows: unknown[], count: number, columns: readonly ArrayLike<unknown>[]) => void;

const loops = new Map<string, Loop>();
let isAllowed = true;

/** Loops that make the objects of one shape by a literal. */
export class RowLoops {
  private added = 0;

  /**
   * The loop for these keys, several times faster than one assignment a key. Undefined for few
   * rows, and where the process does not allow code to be made from text.
   */
  find(keys: readonly string[], count: number): Loop | undefined {
    if (count < ROWS_MIN || keys.length > KEYS_MAX || !isAllowed) return undefined;
    const name = JSON.stringify(keys);
    const known = loops.get(name);
    if (known !== undefined || this.added >= LOOPS_PER_BLOCK_MAX) return known;
    this.added += 1;
    const loop = compile(keys);
    if (loop === undefined) return undefined;
    if (loops.size >= LOOPS_MAX) loops.delete(loops.keys().next().value as string);
    loops.set(name, loop);
    return loop;
  }
}

function compile(keys: readonly string[]): Loop | undefined {
  const names = keys.map((_, j) => `c${j}`);
  const fields = keys.map((key, j) => `${keyText(key)}: c${j}[i]`);
  const text =
    `const [${names.join(", ")}] = columns;` +
    `for (let i = 0; i < count; i++) rows[i] = { ${fields.join(", ")} };`;
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- text of our own; keys are quoted
    return new Function("rows", "count", "columns", text) as Loop;
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    isAllowed = false;
    return undefined;
  }
}

/** A key as it stands in a literal; in brackets `__proto__` is a property like any other. */
function keyText(key: string): string {
  return key === "__proto__" ? '["__proto__"]' : JSON.stringify(key);
}
