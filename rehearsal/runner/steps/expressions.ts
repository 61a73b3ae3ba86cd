import type * as Library from "@actions/expressions";
import type { Json, Template } from "./plan";

/** GitHub's own library. A parameter, because a program that is not bundled cannot load it on Node 20 by itself. */
export type ExpressionLibrary = Pick<typeof Library, "Lexer" | "Parser" | "Evaluator" | "data">;

export type Contexts = Readonly<Record<string, Json | undefined>>;
/** Functions beside the built-in ones, by their name in lower case. Arguments arrive as strings. */
export type Functions = Readonly<Record<string, (...args: string[]) => Json>>;

type Data = Library.data.ExpressionData;

/** Evaluates expressions as GitHub and its runner do. */
export class Expressions {
  constructor(private readonly expressionLibrary: ExpressionLibrary) {}

  /** @throws for what is no expression, or names a context or function that is not available here */
  evaluate(text: string, contexts: Contexts, functions: Functions = {}): Json {
    return JSON.parse(JSON.stringify(this.data(text, contexts, functions), this.expressionLibrary.data.replacer)) as Json;
  }

  /** Of `if:`. */
  condition(text: string, contexts: Contexts, functions: Functions): boolean {
    const result = this.data(text, contexts, functions);
    const { Kind } = this.expressionLibrary.data;
    if (result.kind === Kind.Null) return false;
    if (result.kind === Kind.Boolean || result.kind === Kind.String) return Boolean(result.value);
    // NaN and zero are false; objects and arrays are true.
    return result.kind === Kind.Number ? Boolean(result.value) : true;
  }

  value(template: Template, contexts: Contexts, functions: Functions = {}): Json {
    switch (template.kind) {
      case "literal":
        return template.value;
      case "expression":
        return this.evaluate(template.text, contexts, functions);
      case "list":
        return template.items.map((item) => this.value(item, contexts, functions));
      case "map":
        return Object.fromEntries(
          template.entries.map(({ key, value }) => [this.text(key, contexts, functions), this.value(value, contexts, functions)]),
        );
    }
  }

  /** The value as GitHub writes it into a text. */
  text(template: Template, contexts: Contexts, functions: Functions = {}): string {
    if (template.kind === "expression") return this.data(template.text, contexts, functions).coerceString();
    return this.toData(this.value(template, contexts, functions)).coerceString();
  }

  /** Of `env:`, `with:` or `outputs:`; their values are texts. @throws for anything but a mapping */
  texts(template: Template, contexts: Contexts, functions: Functions = {}): Record<string, string> {
    if (template.kind === "map") {
      return Object.fromEntries(
        template.entries.map(({ key, value }) => [this.text(key, contexts, functions), this.text(value, contexts, functions)]),
      );
    }
    const value = this.value(template, contexts, functions);
    if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Error("Expected a mapping");
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.toData(one).coerceString()]));
  }

  private data(text: string, contexts: Contexts, functions: Functions): Data {
    const { Lexer, Parser, Evaluator, data } = this.expressionLibrary;
    const implementations = Object.entries(functions).map(([name, act]) => ({
      name,
      description: "",
      minArgs: 0,
      maxArgs: Number.MAX_SAFE_INTEGER,
      call: (...args: Data[]) => this.toData(act(...args.map((arg) => arg.coerceString()))),
    }));
    const tree = new Parser(new Lexer(text).lex().tokens, Object.keys(contexts), implementations).parse();
    const known = new Map(Object.entries(contexts).map(([name, value]) => [name.toLowerCase(), value]));
    // Only the contexts that the expression names are converted: that of the event has hundreds of values.
    const root = { get: (name: string) => this.toData(known.get(name.toLowerCase()) ?? null) };
    const named = new Map(implementations.map((one) => [one.name, one]));
    return new Evaluator(tree, root as unknown as Library.data.Dictionary, named as never).evaluate() ?? new data.Null();
  }

  private toData(value: Json): Data {
    return JSON.parse(JSON.stringify(value), this.expressionLibrary.data.reviver) as Data;
  }
}
