import * as pulumi from "@pulumi/pulumi";
import { shownValue } from "../components/shared/shown-value";
import schema from "../schema.json";

/** The parts of `schema.json` that are read here. */
interface Property {
  description?: string;
  type?: string;
  $ref?: string;
  items?: Property;
}
type Fields = Record<string, Property>;
interface Schema {
  resources: Record<string, { inputProperties: Fields }>;
  types: Record<string, { type: string; properties?: Fields }>;
}
const SCHEMA: Schema = schema;

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
    const property = inputsOf(component)[key];
    if (fieldsOf(property) === undefined) throw new Error(`schema.json has no fields for the argument ${key} of ${component}`);
    checkFields(key, value, property);
    return value;
  }

  /** A list of such objects. */
  objects<T extends object>(component: string, key: string): T[] | undefined {
    const list = this.typed(key, "a list", () => this.config.getObject<T[]>(key));
    if (!list || list.length === 0) return undefined;
    const property = inputsOf(component)[key];
    if (fieldsOf(property?.items) === undefined) throw new Error(`schema.json has no fields for the elements of ${key} of ${component}`);
    checkFields(key, list, property);
    return list;
  }

  /** All arguments of a component, as the fields of one key. */
  component<T extends object>(component: string, key: string): T | undefined {
    const value = this.typed(key, "an object", () => this.config.getObject<T>(key));
    if (!value || Object.keys(value).length === 0) return undefined;
    checkObject(key, value, inputsOf(component));
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

function inputsOf(component: string): Fields {
  return SCHEMA.resources[`ci-runners:index:${component}`]?.inputProperties ?? {};
}

/** The fields of an object's type, in the order in which it declares them; undefined for any other type, such as a choice. */
function fieldsOf({ $ref }: Property = {}): Fields | undefined {
  return SCHEMA.types[$ref?.replace("#/types/", "") ?? ""]?.properties;
}

/** Also within objects and lists. What is of another type than the schema's is refused by the component itself. */
function checkFields(path: string, value: unknown, property: Property | undefined): void {
  if (Array.isArray(value)) value.forEach((one, index) => checkFields(`${path}[${index}]`, one, property?.items));
  const fields = fieldsOf(property);
  if (fields !== undefined && typeof value === "object" && value !== null && !Array.isArray(value)) checkObject(path, value, fields);
}

function checkObject(path: string, value: object, fields: Fields): void {
  for (const [field, one] of Object.entries(value)) {
    if (!Object.hasOwn(fields, field)) {
      throw new pulumi.RunError(`ci-runners:${path} has an unknown field "${field}"; use one of ${Object.keys(fields).join(", ")}`);
    }
    checkFields(`${path}.${field}`, one, fields[field]);
  }
}
