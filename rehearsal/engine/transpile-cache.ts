/** The part used here of the object that ts-node puts on the process when it is registered. */
interface TsNode {
  compile(code: string, fileName: string, lineOffset?: number): string;
}

const REGISTERED = Symbol.for("ts-node.register.instance");
const remembered = new WeakSet<TsNode>();

/**
 * Makes ts-node cache its output for a file until the file changes. The program is evaluated anew on every run of the
 * engine; without the cache, transpiling the same forty files costs 0.8 s each time.
 */
export function cacheTranspiled(): void {
  const service = (process as unknown as Record<symbol, TsNode | undefined>)[REGISTERED];
  if (!service || remembered.has(service)) return;
  remembered.add(service);
  const compile = service.compile.bind(service);
  const outputs = new Map<string, { code: string; output: string }>();
  service.compile = (code, fileName, lineOffset) => {
    const known = outputs.get(fileName);
    if (known?.code === code && !lineOffset) return known.output;
    const output = compile(code, fileName, lineOffset);
    outputs.set(fileName, { code, output });
    return output;
  };
}
