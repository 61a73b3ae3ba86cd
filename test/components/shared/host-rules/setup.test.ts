import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ActionsRunnerPoolArgs } from "../../../../components";
import { resolveSettings } from "../../../../components/actions-runner-pool/settings";
import { hostSetup } from "../../../../components/shared/host-setup";
import { setupViolations } from "../../../../components/shared/host-rules/setup";
import { PROGRAM, poolArgs } from "../../actions-runner-pool/pool-args";

const TOKEN = `ghp_${"a1B2".repeat(9)}`;
const KEY = `-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n-----END OPENSSH PRIVATE KEY-----\n`;
const PGP_KEY = "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBGVt1XkBCADQ0000\n-----END PGP PRIVATE KEY BLOCK-----\n";
const folder = mkdtempSync(join(tmpdir(), "setup-rules-"));
after(() => rmSync(folder, { recursive: true }));

const setting = (changes: Partial<ActionsRunnerPoolArgs>) => resolveSettings("runners", poolArgs(changes), PROGRAM);
const found = (changes: Partial<ActionsRunnerPoolArgs>) => setupViolations(setting(changes));

describe("the rules of setup", () => {
  it("accept what teams write", () => {
    const file = join(folder, "setup.sh");
    writeFileSync(file, "#!/bin/bash\necho ü\n");
    const searching = "#!/usr/bin/env python3\n# finds '-----BEGIN PRIVATE KEY-----' in files\n";
    for (const setupScript of ["#!/bin/bash -e\n", "#! /bin/sh\n", searching, file]) {
      assert.deepEqual(found({ setupScript }), [], setupScript);
    }
    const packages = ["jq", "g++", "python3.11", "libstdc++6", "docker.io=26.1.5+dfsg1-9", "git=1:2.39.5-0+deb12u2", "gtk2-devel.x86_64"];
    assert.deepEqual(found({ packages }), []);
    const variables = {
      MAVEN_OPTS: "-Xmx2g -Dx=y",
      GOFLAGS: "",
      TOKENIZERS_PARALLELISM: "false",
      KEYBOARD: "de",
      REGISTRY: "https://npm.example.com/a@b",
      GOOGLE_APPLICATION_CREDENTIALS: "/etc/team/wif.json",
      AWS_SHARED_CREDENTIALS_FILE: "/opt/team/aws/credentials",
      VAULT_TOKEN_FILE: "/run/vault/token",
      OPENAI_MAX_TOKENS: "4096",
      NPM_CONFIG_SAVE_TOKEN: "false",
    };
    assert.deepEqual(found({ jobEnvironment: { ...variables, npm_config_registry: "https://npm.example.com" } }), []);
    assert.deepEqual(found({ packages: [], jobEnvironment: {} }), []);
  });

  it("take no value for harmless that may be a secret under such a name", () => {
    const secrets = {
      DB_PASSWORD: "123456",
      API_KEY: "42",
      NPM_TOKEN: "x",
      ACCESS_KEY: "/+9j4AAQSkZJRgABAQ",
      SECRET: "/9j4AAQSkZJRg",
      TOKEN: "/etc",
    };
    for (const [name, value] of Object.entries(secrets))
      assert.deepEqual(
        found({ jobEnvironment: { [name]: value } }).map(({ field }) => field),
        [`jobEnvironment.${name}`],
      );
  });

  it("show nothing of a secret in an error", () => {
    for (const jobEnvironment of [
      { API_KEY: "hunter2" },
      { apiKey: "hunter2" },
      { DB_PASSWORD: "hunter2" },
      { X: TOKEN },
      { PATH: TOKEN },
    ] as const) {
      const [violation, ...others] = found({ jobEnvironment: jobEnvironment as unknown as Record<string, string> });
      assert.deepEqual(others, []);
      assert.doesNotMatch(violation!.reason, /hunter2|ghp_/);
    }
    for (const setupScript of [`#!/bin/sh\n${KEY}`, `#!/bin/sh\n${PGP_KEY}`, "DB_PASSWORD=hunter2\nDB_USER=ci\n"]) {
      assert.doesNotMatch(found({ setupScript })[0]!.reason, /b3Blbn|lQOY|hunter2/);
    }
  });

  it("know everything that a host bounds by the timeout", () => {
    const docker = [{}, { docker: "root" }, { jobsMayUseDocker: true }] as const;
    const storage = [{ volumes: [{ mountPoint: "/data", size: 100 }] }, { volumes: [] }, { useInstanceStore: true }];
    for (const changes of [...docker, ...storage, { packages: ["jq"] }, { packages: [] }, { setupScript: "#!/bin/sh\n" }]) {
      const settings = setting({ ...changes, setupTimeout: 300 });
      const bounded = hostSetup(settings, { hostLogGroup: "g" }).setupTimeout !== undefined;
      assert.equal(setupViolations(settings).length === 0, bounded, JSON.stringify(changes));
    }
  });
});
