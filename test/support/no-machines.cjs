// Loaded before the quick tests: a test that starts a machine, an engine or an installation fails there, also through
// modules that it does not import.
const childProcess = require("node:child_process");
const { basename } = require("node:path");
const { promisify } = require("node:util");

const REFUSED = /^(apt-get|debootstrap|machinectl|pip|pulumi|systemd-nspawn|systemd-run)\b/;

for (const name of ["spawn", "spawnSync", "execFile", "execFileSync"]) {
  const original = childProcess[name];
  childProcess[name] = guarded(original);
  // `promisify(execFile)` resolves with both outputs by this property.
  if (original[promisify.custom]) childProcess[name][promisify.custom] = guarded(original[promisify.custom]);
}

function guarded(original) {
  return (command, ...rest) => {
    if (!REFUSED.test([basename(command), ...[rest[0]].flat()].join(" "))) return original(command, ...rest);
    throw new Error(
      `a quick test must not start ${command}; import what starts it, so that test/support/quick-tests.ts leaves the test out`,
    );
  };
}
