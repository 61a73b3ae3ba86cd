import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as ts from "typescript";
import { INVOKES } from "../../../rehearsal/provider/invokes";
import { RESOURCE_TYPES } from "../../../rehearsal/provider/types";

/** The declaration file of `aws:ec2/vpc:Vpc` in the real package. */
function declaration(token: string): { source: ts.SourceFile; name: string } {
  const [, path, name] = /^aws:([\w/]+):(\w+)$/.exec(token) ?? [];
  const file = require.resolve(`@pulumi/aws/${path!.replace(/^index\//, "")}.d.ts`);
  return { source: ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022), name: name! };
}

function members(source: ts.SourceFile, interfaceName: string): { all: string[]; required: string[] } {
  for (const statement of source.statements) {
    if (!ts.isInterfaceDeclaration(statement) || statement.name.text !== interfaceName) continue;
    const properties = statement.members.filter(ts.isPropertySignature);
    const name = (property: ts.PropertySignature) => property.name.getText(source);
    return { all: properties.map(name), required: properties.filter(({ questionToken }) => !questionToken).map(name) };
  }
  throw new Error(`${source.fileName} declares no ${interfaceName}`);
}

describe("the rehearsal provider's types, compared with the declarations of the real package", () => {
  for (const [token, type] of Object.entries(RESOURCE_TYPES)) {
    it(`${token}: accepts no property that the real provider lacks and requires every property that it requires`, () => {
      const { source, name } = declaration(token);
      const real = members(source, `${name}Args`);
      const own = [
        ...type.inputs,
        ...(type.replaceOn ?? []),
        ...(type.secret ?? []),
        ...(type.required ?? []),
        ...(type.autoName ? [type.autoName.property] : []),
      ];
      assert.deepEqual(
        own.filter((property) => !real.all.includes(property)),
        [],
      );
      assert.deepEqual(
        real.required.filter((property) => !(type.required ?? []).includes(property)),
        [],
      );
      assert.deepEqual(
        [...(type.required ?? []), ...type.replaceOn].filter((property) => !type.inputs.includes(property)),
        [],
      );
    });
  }

  for (const token of Object.keys(INVOKES)) {
    it(`${token}: the function exists under that token in the real package`, () => {
      const { source, name } = declaration(token);
      assert.match(source.text, new RegExp(`export declare function ${name}\\(`));
      assert.match(readFileSync(source.fileName.replace(/\.d\.ts$/, ".js"), "utf8"), new RegExp(`invoke\\("${token}"`));
    });
  }
});
