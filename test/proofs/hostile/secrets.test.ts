import assert from "node:assert/strict";
import { POOL_TAG, registrationSecretName } from "../../../contract/actions-runner-pool/names";
import { OWNER_TAG, secretOwner } from "../../../contract/shared/owned-secret";
import { PATHS, UNITS } from "../../../contract/actions-runner-pool/host";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { asJob, asRoot, assertRefused, assertWorks, scaleIn, type Attempt, type Outcome } from "./attempts";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;
const ADMINISTRATOR = "ghp_administrator0000000000000000000000";

/** Obtains the instance's credentials, if possible, and makes a signed call with them. */
const SIGNED = `imds=http://169.254.169.254/latest
field() { sed -n 's/.*"'"$1"'" *: *"\\([^"]*\\)".*/\\1/p' <<<"$json"; }
signed() { # SERVICE TARGET BODY
  local token role json
  token=$(curl -sS -m 3 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $imds/api/token) || return
  role=$(curl -sS -m 3 -H "X-aws-ec2-metadata-token: $token" $imds/meta-data/iam/security-credentials/) || return
  json=$(curl -sS -m 3 -H "X-aws-ec2-metadata-token: $token" $imds/meta-data/iam/security-credentials/$role) || return
  curl -sS -m 9 --fail-with-body --aws-sigv4 "aws:amz:REGION:$1" --user "$(field AccessKeyId):$(field SecretAccessKey)" \\
    -H "x-amz-security-token: $(field Token)" -H "x-amz-target: $2" -H 'content-type: application/x-amz-json-1.1' \\
    -d "$3" https://$1.REGION.amazonaws.com/
}
`;
const query = (service: string, body: string) =>
  `${SIGNED.replace(/-H "x-amz-target: \$2" -H 'content-type: application\/x-amz-json-1.1'/, "")}signed ${service} - '${body}'`;
const secret = (operation: string, body: object) => `${SIGNED}signed secretsmanager secretsmanager.${operation} '${JSON.stringify(body)}'`;

/** Calls GitHub with BEARER or else the runner's own credentials, which every job of the listener's user can read. */
const GITHUB = `setting() { python3 -c 'import json,sys; d=json.load(open(sys.argv[1],encoding="utf-8-sig")); print(d.get(sys.argv[2]) or d["data"][sys.argv[2]])' ${PATHS.runner}/$1 $2; }
bearer=\${BEARER:-$(setting .credentials clientId):$(setting .credentials_rsaparams secret)}
organization=$(setting .runner gitHubUrl); organization=\${organization##*/}
github() { curl -sS -m 9 --fail-with-body -H "Authorization: Bearer $bearer" "$@"; }
`;
const github = (title: string, call: string): Attempt => ({ title, script: `${GITHUB}github ${call}`, refusal: /Bad credentials|401/ });
const API = "https://api.github.com/orgs/$organization/actions/runners";

const AT_GITHUB: Attempt[] = [
  github("change its runner's labels", `-X POST ${API}/$(setting .runner agentId)/labels -d '{"labels":["production"]}'`),
  github("mint a registration token", `-X POST ${API}/registration-token`),
  github("list the organization's runners", API),
];

/** Searches for registration tokens. The pattern does not match its own text. */
const SEARCH = `pattern='\\bA[0-9A-F]{28}\\b'
{ grep -raoHsE --exclude-dir=externals --exclude-dir=bin "$pattern" ${PATHS.runner} /home /tmp /var/tmp /var/log /var/lib/cloud /run /etc
  for file in /proc/[0-9]*/environ /proc/[0-9]*/cmdline; do grep -aoHsE "$pattern" $file; done
} 2>/dev/null | grep .`;

describe("a job that tries to read other instances' secrets, or the pool's", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let instance: string;
  let sibling: string;
  const found: Record<"closed" | "open" | "root" | "github" | "administrator" | "search" | "planted", Outcome[]> = {} as never;
  /** Calls with the instance's credentials. The first one is allowed. */
  let calls: Attempt[];

  before(async function () {
    needSystemd(this);
    pool = await LivePool.open(2);
    [instance, sibling] = pool.inService() as [string, string];
    const { aws, github: hub } = pool.environment;
    const config = JSON.parse(await pool.sh(instance, `cat ${PATHS.config}`)) as {
      region: string;
      group: string;
      pool: string;
      secretPrefix: string;
    };
    const role = aws.iam.role(aws.fleet.get(instance)!.profile!.roleName)!;
    const name = (id: string) => registrationSecretName(config.secretPrefix, id);
    for (const id of [instance, sibling]) {
      const tags = { [OWNER_TAG]: secretOwner(role.uniqueId, id), [POOL_TAG]: config.pool };
      aws.secrets.seed({ name: name(id), value: JSON.stringify({ token: `token of ${id}` }), tags });
    }
    const app = aws.secrets.names().find((known) => known.includes("github-app"));
    assert.ok(app, "the key of the GitHub App must exist");
    const group = `AutoScalingGroupName=${config.group}&Version=2011-01-01`;
    calls = [
      { title: "read its own instance's registration token", script: secret("GetSecretValue", { SecretId: name(instance) }) },
      {
        title: "read another instance's registration token",
        script: secret("GetSecretValue", { SecretId: name(sibling) }),
        refusal: /AccessDenied/,
      },
      {
        title: "delete another instance's registration token",
        script: secret("DeleteSecret", { SecretId: name(sibling) }),
        refusal: /AccessDenied/,
      },
      { title: "read the key of the GitHub App", script: secret("GetSecretValue", { SecretId: app }), refusal: /AccessDenied/ },
      { title: "list the account's secrets", script: secret("ListSecrets", {}), refusal: /AccessDenied/ },
      {
        title: "terminate another instance",
        script: query(
          "autoscaling",
          `Action=TerminateInstanceInAutoScalingGroup&InstanceId=${sibling}&ShouldDecrementDesiredCapacity=true&Version=2011-01-01`,
        ),
        refusal: /AccessDenied|not authorized/,
      },
      {
        title: "change the size of its group",
        script: query("autoscaling", `Action=SetDesiredCapacity&DesiredCapacity=0&${group}`),
        refusal: /AccessDenied|not authorized/,
      },
    ];
    calls = calls.map((call) => ({ ...call, script: call.script.replaceAll("REGION", config.region) }));
    const run = (id: string, key: string) => asJob(pool, id, calls, key);
    found.closed = await run(instance, "closed");
    found.root = await asRoot(pool, instance, calls.slice(0, 1), "root");
    // jobsMayUseInstanceRole omits this setting from the unit.
    await pool.sh(instance, `systemctl set-property --runtime ${UNITS.runner} IPAddressDeny=`);
    found.open = await run(instance, "open");
    // Before the administrator mints a token below.
    found.search = await asJob(pool, instance, [{ script: SEARCH }], "search");
    await pool.sh(instance, `echo "token A${"0123456789ABCDEF".repeat(2).slice(0, 28)}" >/tmp/planted`);
    found.planted = await asJob(pool, instance, [{ script: SEARCH }], "planted");
    found.github = await asJob(pool, instance, AT_GITHUB, "github");
    hub.registerToken(ADMINISTRATOR, [
      new URL(JSON.parse(await pool.sh(instance, `cat ${PATHS.runner}/.runner`)).gitHubUrl).pathname.slice(1),
    ]);
    const administered = AT_GITHUB.map(({ script }) => ({ script: `export BEARER=${ADMINISTRATOR}\n${script}` }));
    found.administrator = await asRoot(pool, instance, administered, "administrator");
  });
  after(() => pool?.close());

  it("cannot call AWS, but root on the same instance can", () => {
    for (const [index, call] of calls.entries())
      assertRefused({ ...call, refusal: /curl: .*(timed out|Failed to connect)/i }, found.closed[index]);
    assertWorks(calls[0]!, found.root[0]);
    assert.match(found.root[0]!.output, new RegExp(`token of ${instance}`));
  });

  it("reads only its own instance's token, even where jobs may use the instance's role", () => {
    assertWorks(calls[0]!, found.open[0]);
    for (const index of [1, 2, 3, 4]) assertRefused(calls[index]!, found.open[index]);
  });

  it("cannot terminate another instance or shrink its group, even where jobs may use the instance's role", () => {
    for (const index of [5, 6]) assertRefused(calls[index]!, found.open[index]);
  });

  for (const [index, attempt] of AT_GITHUB.entries()) {
    it(`cannot ${attempt.title} with its runner's own credentials, but an administrator's token can`, () => {
      assertRefused(attempt, found.github[index]);
      assertWorks(attempt, found.administrator[index]);
    });
  }

  it("finds no registration token in files, arguments or environments", () => {
    assert.notEqual(found.search[0]!.code, 0, found.search[0]!.output);
    assert.match(found.planted[0]!.output, /A0123456789/, "the search would have found one");
  });

  it("can steal its runner's own credentials, but they are worthless once the instance is terminated", async () => {
    const session = `${GITHUB}github -X POST https://broker.actions.githubusercontent.com/_runner/session -d '{}'`;
    const bearer = (await pool.sh(instance, `bash -c '${`${GITHUB}echo $bearer`.replaceAll("'", `'\\''`)}'`)).split("\n").at(-1)!;
    const stolen: Attempt = { title: "poll as another runner", script: `export BEARER=${bearer}\n${session}` };
    const [before] = await asJob(pool, sibling, [stolen], "stolen-before");
    assertRefused({ ...stolen, refusal: /SessionConflict/ }, before);
    await scaleIn(pool, instance);
    await pool.until("its runner to be deleted", () => !pool.environment.github.runners().some(({ name }) => name === instance));
    const [after] = await asJob(pool, sibling, [stolen], "stolen-after");
    assertRefused({ ...stolen, refusal: /InvalidClient/ }, after);
  });
});
