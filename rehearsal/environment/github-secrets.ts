import { generateKeyPairSync, randomBytes } from "node:crypto";
import type { SecretsManager } from "../aws/secrets/secrets-manager";
import type { GitHub } from "../github";
import type { StackFacts } from "./stack-configuration";

/**
 * Makes the GitHub stand-in know the stack's App or token, and puts the matching secret where the stack's
 * configuration says that it lies: what an administrator does once, by hand, before the first `pulumi up`.
 */
export function admit(github: GitHub, secrets: SecretsManager, facts: StackFacts): void {
  const value = facts.appId === undefined ? admitToken(github, facts) : admitApp(github, facts, facts.appId);
  secrets.seed({ arn: facts.githubSecretArn, value });
  if (facts.runnerGroup !== undefined) github.addRunnerGroup(facts.scope, facts.runnerGroup);
}

function admitApp(github: GitHub, facts: StackFacts, id: number): string {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const [account = facts.scope] = facts.scope.split("/");
  const permissions: Record<string, "write"> = facts.scope.includes("/")
    ? { administration: "write" }
    : { organization_self_hosted_runners: "write" };
  github.registerApp({
    id,
    slug: "ci-runners",
    publicKey,
    installations: [{ id: facts.installationId ?? 1, account, accountType: "Organization", permissions }],
  });
  return privateKey;
}

function admitToken(github: GitHub, facts: StackFacts): string {
  const token = `ghp_${randomBytes(18).toString("hex")}`;
  github.registerToken(token, [facts.scope]);
  return token;
}
