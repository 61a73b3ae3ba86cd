import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rejects } from "./bad-input";

const TOKEN = `ghp_${"a1B2".repeat(9)}`;
const KEY = `-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n-----END OPENSSH PRIVATE KEY-----\n`;
const folder = mkdtempSync(join(tmpdir(), "setup-rules-"));
const file = (name: string, content: string | Buffer) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

after(() => rmSync(folder, { recursive: true }));

rejects([
  {
    danger: "the path of a script that does not exist",
    changes: { setupScript: "scripts/setup.sh" },
    field: "setupScript",
    value: '"scripts/setup.sh": no such file',
    remedy: new RegExp(`relative to ${process.cwd()}, or the script's text, which starts with #!`),
  },
  {
    danger: "a folder in place of a script",
    changes: { setupScript: folder },
    field: "setupScript",
    value: "not a file that can be read",
    remedy: /Give a path/,
  },
  {
    danger: "a script without the line that says what runs it, which systemd would refuse on each instance",
    changes: { setupScript: "apt-get update\napt-get install -y jq\n" },
    field: "setupScript",
    value: '"apt-get update": its first line is no #!',
    remedy: /#!\/bin\/bash/,
  },
  {
    danger: "a script whose line ends Linux takes for a part of its interpreter's name",
    changes: { setupScript: "#!/bin/bash\r\necho ready\r\n" },
    field: "setupScript",
    value: "CR LF",
    remedy: /LF alone/,
  },
  {
    danger: "a script longer than a script is",
    changes: { setupScript: `#!/bin/bash\n${"#".repeat(262_144)}` },
    field: "setupScript",
    value: "more than 256 KiB",
    remedy: /download/,
  },
  {
    danger: "a program in place of a script",
    changes: { setupScript: file("program", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff])) },
    field: "setupScript",
    value: "not UTF-8",
    remedy: /a program cannot be the script/,
  },
  {
    danger: "a private key, which state, bucket and every instance would have",
    changes: { setupScript: `#!/bin/bash\ncat >/root/key <<'END'\n${KEY}END\n` },
    field: "setupScript",
    value: "(not shown)",
    remedy: /Secrets Manager, with extraPolicyArns/,
  },
  {
    danger: "an option in place of a package, which APT would obey as root",
    changes: { packages: ["jq", "-o Dir::Etc=/tmp"] },
    field: "packages[1]",
    value: "-o Dir::Etc=/tmp",
    remedy: /NAME or NAME=VERSION/,
  },
  {
    danger: "a name that APT would take as one to remove",
    changes: { packages: ["openssh-server-"] },
    field: "packages[0]",
    value: "openssh-server-",
    remedy: /NAME/,
  },
  {
    danger: "a package in two versions, of which only one can be installed",
    changes: { packages: ["jq", "git", "jq=1.6"] },
    field: "packages[2]",
    value: "jq=1.6",
    remedy: /Remove one/,
  },
  {
    danger: "a text in place of a list of packages, each letter of which would be one",
    changes: { packages: "jq" as unknown as string[] },
    field: "packages",
    value: "jq",
    remedy: /as a list/,
  },
  {
    danger: "more packages than a launch should install",
    changes: { packages: Array.from({ length: 101 }, (_, index) => `package${index}`) },
    field: "packages",
    value: "101 packages",
    remedy: /onto the image/,
  },
  {
    danger: "a timeout that the launch would not wait for",
    changes: { packages: ["jq"], setupTimeout: 800 },
    field: "setupTimeout",
    value: "800: above launchTimeout - 180 = 720 s",
    remedy: /Lower it or raise launchTimeout/,
  },
  {
    danger: "a timeout within which no mirror answers",
    changes: { packages: ["jq"], setupTimeout: 5 },
    field: "setupTimeout",
    value: "5: outside 60 to",
    remedy: /whole seconds/,
  },
  {
    danger: "a timeout of nothing, which its author believes to bound the launch",
    changes: { setupTimeout: 300 },
    field: "setupTimeout",
    value: "300",
    remedy: /Set packages, setupScript, docker or volumes, or remove it/,
  },
  {
    danger: "a launch that leaves no time for its setup",
    changes: { setupScript: "#!/bin/sh\n", launchTimeout: 200 },
    field: "launchTimeout",
    value: "200",
    remedy: /at least 240/,
  },
  {
    danger: "a secret by its name, which each job and the state would show",
    changes: { jobEnvironment: { NPM_TOKEN: "x" } },
    field: "jobEnvironment.NPM_TOKEN",
    value: "(not shown)",
    remedy: /secret of GitHub, or OIDC/,
  },
  {
    danger: "a secret by its value",
    changes: { jobEnvironment: { MIRROR: TOKEN } },
    field: "jobEnvironment.MIRROR",
    value: "(not shown)",
    remedy: /secret of GitHub/,
  },
  {
    danger: "the user and password of a package mirror in its URL",
    changes: { jobEnvironment: { PIP_INDEX_URL: "https://ci:hunter2@pypi.example.com/simple" } },
    field: "jobEnvironment.PIP_INDEX_URL",
    value: "(not shown)",
    remedy: /secret of GitHub/,
  },
  {
    danger: "a PATH that the runner would replace",
    changes: { jobEnvironment: { PATH: "/opt/bin" } },
    field: "jobEnvironment.PATH",
    value: "set by the runner",
    remedy: /\/usr\/local\/bin by setupScript/,
  },
  {
    danger: "a variable that would replace the pool's own job hook, on which the drain relies",
    changes: { jobEnvironment: { ACTIONS_RUNNER_HOOK_JOB_STARTED: "/opt/hook.sh" } },
    field: "jobEnvironment.ACTIONS_RUNNER_HOOK_JOB_STARTED",
    value: "a variable of the runner",
    remedy: /another name/,
  },
  {
    danger: "a proxy that only jobs would know",
    changes: { jobEnvironment: { Https_Proxy: "http://proxy:3128" } },
    field: "jobEnvironment.Https_Proxy",
    value: "a variable of the proxy",
    remedy: /httpsProxy/,
  },
  {
    danger: "a value of two lines, the second of which would be a variable of its own",
    changes: { jobEnvironment: { GREETING: "one\nGITHUB_X=two" } },
    field: "jobEnvironment.GREETING",
    value: "more than one line",
    remedy: /setupScript write a file/,
  },
  {
    danger: "a name that no shell could read",
    changes: { jobEnvironment: { "my-name": "x" } },
    field: "jobEnvironment.my-name",
    value: "not the name of a variable",
    remedy: /letters, digits and _/,
  },
  {
    danger: "a number of a stack's file, of which it is unknown how it should be written",
    changes: { jobEnvironment: { RETRIES: 3 as unknown as string } },
    field: "jobEnvironment.RETRIES",
    value: "not a text",
    remedy: /quotes/,
  },
  {
    danger: "a list of variables in place of a map",
    changes: { jobEnvironment: ["A=1"] as unknown as Record<string, string> },
    field: "jobEnvironment",
    value: "not a map",
    remedy: /object/,
  },
  {
    danger: "a value that is a file",
    changes: { jobEnvironment: { RULES: "x ".repeat(600) } },
    field: "jobEnvironment.RULES",
    value: "1200 characters",
    remedy: /write a file/,
  },
  {
    danger: "more variables than anyone keeps in view",
    changes: { jobEnvironment: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`V${index}`, ""])) },
    field: "jobEnvironment",
    value: "51 variables",
    remedy: /write a file/,
  },
]);
