import type { TemplateToken } from "@actions/workflow-parser/templates/tokens/template-token";
import type { Template } from "../../runner/steps/plan";

/** The kinds of the parser's tokens. Its own enumeration is no value at run time of a module that imports only types. */
const KIND = { string: 0, sequence: 1, mapping: 2, expression: 3, insert: 4, boolean: 5, number: 6, null: 7 } as const;

interface AnyToken {
  templateTokenType: number;
  value?: string | number | boolean;
  expression?: string;
  line?: number;
  col?: number;
}

/** A parsed value with its place in the file, without the parser's own types: only plain data leaves this folder. */
export class Node {
  constructor(
    private readonly token: TemplateToken,
    readonly path: string,
    private readonly problems: string[],
  ) {}

  private get any(): AnyToken {
    return this.token as unknown as AnyToken;
  }

  get raw(): TemplateToken {
    return this.token;
  }

  get isMapping(): boolean {
    return this.any.templateTokenType === KIND.mapping;
  }

  get isList(): boolean {
    return this.any.templateTokenType === KIND.sequence;
  }

  get isExpression(): boolean {
    return this.any.templateTokenType === KIND.expression;
  }

  get isNull(): boolean {
    return this.any.templateTokenType === KIND.null;
  }

  /** Of a literal; undefined for anything else. */
  get literal(): string | number | boolean | undefined {
    const { templateTokenType: kind, value } = this.any;
    return kind === KIND.string || kind === KIND.number || kind === KIND.boolean ? value : undefined;
  }

  get text(): string | undefined {
    return this.literal === undefined ? undefined : String(this.literal);
  }

  entries(): [string, Node][] {
    if (!this.isMapping) return [];
    return [...(this.token as unknown as Iterable<{ key: TemplateToken; value: TemplateToken }>)].map(({ key, value }) => {
      const name = new Node(key, this.path, this.problems);
      if (name.text === undefined) this.refuse("an expression in the place of a key");
      return [name.text ?? "", new Node(value, this.path === "" ? (name.text ?? "") : `${this.path}.${name.text}`, this.problems)];
    });
  }

  items(): Node[] {
    if (!this.isList) return [];
    return [...(this.token as unknown as Iterable<TemplateToken>)].map(
      (item, index) => new Node(item, `${this.path}[${index}]`, this.problems),
    );
  }

  /** A text, or each text of a list. */
  texts(): string[] {
    if (this.isList) return this.items().flatMap((item) => item.text ?? []);
    return this.text === undefined ? [] : [this.text];
  }

  get(key: string): Node | undefined {
    return this.entries().find(([name]) => name === key)?.[1];
  }

  /** Refuses, by name, what the mapping has and this stand-in does not know. */
  only(...known: string[]): this {
    for (const [key, value] of this.entries()) if (!known.includes(key)) value.refuse(value.path);
    return this;
  }

  /** @param what is not supported */
  refuse(what: string = this.path): void {
    const { line, col } = this.any;
    this.problems.push(`${line === undefined ? "" : `(Line: ${line}, Col: ${col}): `}${what} is not supported by this GitHub stand-in`);
  }

  /** What GitHub itself refuses. */
  fault(message: string): void {
    const { line, col } = this.any;
    this.problems.push(`${line === undefined ? "" : `(Line: ${line}, Col: ${col}): `}${message}`);
  }

  template(): Template {
    const { templateTokenType: kind, expression } = this.any;
    if (kind === KIND.expression) return { kind: "expression", text: expression! };
    if (kind === KIND.sequence) return { kind: "list", items: this.items().map((item) => item.template()) };
    if (kind === KIND.mapping) {
      const pairs = [...(this.token as unknown as Iterable<{ key: TemplateToken; value: TemplateToken }>)];
      return {
        kind: "map",
        entries: pairs.map(({ key, value }) => ({
          key: new Node(key, this.path, this.problems).template(),
          value: new Node(value, this.path, this.problems).template(),
        })),
      };
    }
    if (kind === KIND.insert) this.refuse("${{ insert }}");
    return { kind: "literal", value: this.literal ?? null };
  }
}
