import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rejects } from "./bad-input";

const KEY = `-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n-----END OPENSSH PRIVATE KEY-----\n`;
const PGP_KEY = "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBGVt1XkBCADQ0000\n-----END PGP PRIVATE KEY BLOCK-----\n";
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
    value: '"a text of 37 bytes": its first line is no #!',
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
    danger: "the key that signs a package archive, which state, bucket and every instance would have",
    changes: { setupScript: `#!/bin/bash\ngpg --import <<'END'\n${PGP_KEY}END\n` },
    field: "setupScript",
    value: "(not shown)",
    remedy: /Secrets Manager/,
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
    danger: "a setup of an hour, after which the launch's registration token has expired",
    changes: { packages: ["jq"], setupTimeout: 3600, launchTimeout: 7200 },
    field: "setupTimeout",
    value: "3600: above 1200 s, after which the launch's registration token may have expired",
    remedy: /onto the image/,
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
]);
