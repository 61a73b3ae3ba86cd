import * as pulumi from "@pulumi/pulumi";
import schema from "../schema.json";

/** As much of a component's schema as is read here. */
interface Surface {
  resources: Record<string, { inputProperties: Record<string, { description: string; $ref?: string }> }>;
  types: Record<string, { type: string; properties?: object }>;
}

/**
 * A stack's configuration, key by key. `Pulumi.yaml` gives each key its type and its default; an empty text, list or
 * object stands for "not set" there, and so does 0 where a reader asks for `count`, because a key without a default
 * would be mandatory for every stack.
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
    return this.config.getNumber(key);
  }

  count(key: string): number | undefined {
    return this.config.getNumber(key) || undefined;
  }

  flag(key: string): boolean | undefined {
    return this.config.getBoolean(key);
  }

  list(key: string): string[] | undefined {
    const list = this.config.getObject<string[]>(key);
    return list && list.length > 0 ? list : undefined;
  }

  /** With whatever fields. */
  record(key: string): Record<string, string> | undefined {
    return this.config.getObject<Record<string, string>>(key);
  }

  /**
   * The value of a component's argument, under the argument's own name. The schema in `Pulumi.yaml` cannot name an
   * object's fields, so a slip like `maxDrian` would pass unnoticed: the component's own schema knows them.
   */
  object<T extends object>(component: string, key: string): T | undefined {
    const value = this.config.getObject<T>(key);
    if (!value || Object.keys(value).length === 0) return undefined;
    const fields = fieldsOf(component, key);
    const unknown = Object.keys(value).find((field) => !fields.includes(field));
    if (unknown !== undefined) {
      throw new pulumi.RunError(`ci-runners:${key} has a field "${unknown}" that nobody reads; known are ${fields.join(", ")}`);
    }
    return value;
  }
}

/** In the order in which the component declares them. */
function fieldsOf(component: string, argument: string): string[] {
  const { resources, types }: Surface = schema;
  const reference = resources[`ci-runners:index:${component}`]?.inputProperties[argument]?.$ref;
  const properties = types[reference?.replace("#/types/", "") ?? ""]?.properties;
  if (!properties) throw new Error(`schema.json knows no fields of ${argument} of ${component}`);
  return Object.keys(properties);
}
