import * as pulumi from "@pulumi/pulumi";
import { shownValue } from "../components/shared/shown-value";
import schema from "../schema.json";

/** The parts of `schema.json` that are read here. */
interface Schema {
  resources: Record<string, { inputProperties: Record<string, { description: string; $ref?: string }> }>;
  types: Record<string, { type: string; properties?: object }>;
}

/**
 * Reads a stack's configuration by key. `Pulumi.yaml` gives each key its type and its default. There, an empty string,
 * list or object means "not set", and so does 0 for a key that is read with `count`, because a key without a default
 * would be required in every stack.
 */
export class Reader {
  constructor(private readonly config: pulumi.Config) {}

  text(key: string): string | undefined {
    return this.config.get(key) || undefined;
  }

  required(key: string): string {
    return this.config.require(key);
  }

  number(key: string): number | undefined {
    return this.typed(key, "a number", () => this.config.getNumber(key));
  }

  count(key: string): number | undefined {
    return this.number(key) || undefined;
  }

  flag(key: string): boolean | undefined {
    return this.typed(key, "true or false", () => this.config.getBoolean(key));
  }

  list(key: string): string[] | undefined {
    const list = this.typed(key, "a list", () => this.config.getObject<string[]>(key));
    return list && list.length > 0 ? list : undefined;
  }

  /** An object with arbitrary fields. */
  record(key: string): Record<string, string> | undefined {
    return this.typed(key, "an object", () => this.config.getObject<Record<string, string>>(key));
  }

  /**
   * The value of an object argument of a component; the key has the argument's name. The schema in `Pulumi.yaml` cannot
   * define an object's fields, so a typing error like `maxDrian` would go unnoticed: the fields are checked against the
   * component's own schema.
   */
  object<T extends object>(component: string, key: string): T | undefined {
    const value = this.typed(key, "an object", () => this.config.getObject<T>(key));
    if (!value || Object.keys(value).length === 0) return undefined;
    const fields = fieldsOf(component, key);
    const unknown = Object.keys(value).find((field) => !fields.includes(field));
    if (unknown !== undefined) {
      throw new pulumi.RunError(`ci-runners:${key} has an unknown field "${unknown}"; use one of ${fields.join(", ")}`);
    }
    return value;
  }

  /** Pulumi's own error for a value of another type shows the whole value, which may be a secret. */
  private typed<T>(key: string, expected: string, read: () => T): T {
    try {
      return read();
    } catch {
      throw new pulumi.RunError(
        `ci-runners:${key} = ${shownValue(key, this.config.get(key))}: not ${expected}. Correct it in the stack's configuration.`,
      );
    }
  }
}

/** The fields of an argument, in the order in which the component declares them. */
function fieldsOf(component: string, argument: string): string[] {
  const { resources, types }: Schema = schema;
  const reference = resources[`ci-runners:index:${component}`]?.inputProperties[argument]?.$ref;
  const properties = types[reference?.replace("#/types/", "") ?? ""]?.properties;
  if (!properties) throw new Error(`schema.json has no fields for the argument ${argument} of ${component}`);
  return Object.keys(properties);
}
