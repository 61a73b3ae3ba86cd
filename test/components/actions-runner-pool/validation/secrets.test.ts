import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { ActionsRunnerPool } from "../../../../components";
import { resolveSettings } from "../../../../components/actions-runner-pool/settings";
import { validate } from "../../../../components/actions-runner-pool/validation";
import schema from "../../../../schema.json";
import { Deployment } from "../../mocks";
import { poolArgs } from "../pool-args";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
});
const body = privateKey.split("\n")[1]!;

/** What ends up in the wrong field, and the part of it that an error must never contain. */
const MISPLACED: [what: string, text: string, part: string][] = [
  ["a private key", privateKey, body],
  ["a private key without its first line", body, body.slice(0, 24)],
  ["a line of a private key with slashes", `${"aB3dE6gH9kLmNoPq/".repeat(3)}aB3dE6gH9kLmN`, "aB3dE6gH9k"],
  ["a token of GitHub", `ghp_${"aB3dE6gH9k".repeat(4)}`, "aB3dE6gH9k"],
  ["a fine-grained token of GitHub", `github_pat_${"aB3dE6gH9k".repeat(8)}`, "aB3dE6gH9k"],
  ["a token of GitHub in hexadecimal digits", "0a1b2c3d4e".repeat(4), "0a1b2c3d4e"],
  ["a registration token", "AABF3JGZDX3P5PMEXLND6TS6FCWO6", "AABF3JGZ"],
  ["a secret access key of AWS", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "bPxRfiCY"],
];

interface Property {
  $ref?: string;
  type?: string;
  items?: object;
}

/** All arguments, through nested objects: `["github", "app", "id"]`. */
function leaves(properties: Record<string, Property>): { path: string[]; list: boolean }[] {
  const types = schema.types as Record<string, { properties?: Record<string, Property>; enum?: unknown }>;
  return Object.entries(properties).flatMap(([name, { $ref, type }]) => {
    const nested = $ref && types[$ref.replace("#/types/", "")]?.properties;
    if (!nested) return [{ path: [name], list: type === "array" }];
    return leaves(nested).map(({ path, list }) => ({ path: [name, ...path], list }));
  });
}

function withValue(args: any, [name, ...rest]: readonly string[], value: unknown): any {
  return { ...args, [name!]: rest.length === 0 ? value : withValue(args?.[name!], rest, value) };
}

/** As the component checks its arguments. A pool that is accepted has no error, and takes a second to construct. */
function isAccepted(args: any): boolean {
  try {
    validate("runners", resolveSettings("runners", args, { project: "project", stack: "stack" }));
    return true;
  } catch {
    return false;
  }
}

describe("a secret in the wrong argument", () => {
  it("does not appear in the error of the fields for secrets, even if it looks like a name", async () => {
    for (const text of ["hunter2-S3cret", "correct-horse-battery-staple"]) {
      for (const authority of [{ tokenSecretArn: text }, { app: { id: "1", privateKeySecretArn: text } }]) {
        const github = { organization: "example-org", ...authority };
        await Deployment.start();
        let message = "accepted";
        try {
          new ActionsRunnerPool("runners", { ...poolArgs(), github });
        } catch (error) {
          message = `${(error as Error).stack}`;
        }
        assert.match(message, new RegExp(`github\\.[\\w.]+SecretArn = "\\(${text.length} characters, not shown`));
        assert.ok(!message.includes(text), message);
      }
    }
  });

  const all = leaves(schema.resources["ci-runners:index:ActionsRunnerPool"].inputProperties);

  for (const [what, text, part] of MISPLACED) {
    it(`does not appear in the error: ${what}`, async () => {
      const refused: string[] = [];
      for (const { path, list } of all) {
        const args = withValue(poolArgs(), path, list ? [text] : text);
        if (isAccepted(args)) continue;
        await Deployment.start();
        try {
          new ActionsRunnerPool("runners", args);
        } catch (error) {
          refused.push(path.join("."));
          assert.ok(!`${(error as Error).stack}`.includes(part), `${path.join(".")}: ${(error as Error).message}`);
        }
      }
      // Else this test would show nothing: these are the fields in which secrets are found.
      for (const field of ["github.tokenSecretArn", "github.app.privateKeySecretArn", "runner.sha256"]) {
        assert.ok(refused.includes(field), `${field} accepted ${what}`);
      }
    });
  }
});
