import assert from "node:assert/strict";
import type { TimelineEvent } from "../../../rehearsal/timeline";
import { userSlice } from "../../../host-config/shared/system-files";
import { HOST_NAMES, needSystemd, openRig, traces, until, type Rig } from "./rig";

const USER_DATA = `#!/bin/bash
set -eu
echo ran >> /var/user-data-runs
echo '{"level":"INFO","message":"bootstrap begun","pool":"dev"}'
echo "not structured"
`;

/** Logs a structured message when it is stopped. */
const LOGS_WHEN_STOPPED = `[Unit]
Description=Logs a message when it is stopped
[Service]
ExecStart=/bin/sleep infinity
ExecStop=/bin/echo '{"message":"last words"}'
`;

type HostLog = Extract<TimelineEvent, { kind: "host-log" }>;

describe("machines with a real systemd", () => {
  let rig: Rig;
  const a = { instanceId: "i-00000000000000a01", userData: USER_DATA, instanceType: "t3.small", privateIp: "10.20.0.11" };
  const unexpected: string[] = [];

  const hostLog = async (instance: string, message: string) => {
    const find = () =>
      rig.timeline.events.find(
        (event): event is HostLog => event.kind === "host-log" && event.instance === instance && event.message === message,
      );
    await until(`"${message}" is in the timeline`, () => find() !== undefined);
    return find()!;
  };
  const sh = async (instance: string, script: string) => {
    const result = await rig.hosts.runCommand(instance, [script]);
    assert.equal(result.exitCode, 0, `${script}\n${result.stdout}${result.stderr}`);
    return result.stdout.trim();
  };
  const bootstrapped = (instance: string) =>
    until("user data has run", async () => /^status: done/m.test((await rig.hosts.runCommand(instance, ["cloud-init status"])).stdout));

  before(async function () {
    needSystemd(this);
    this.timeout(600_000); // The image may have to be built.
    rig = await openRig({
      terminateGraceSeconds: 2,
      commandLimitSeconds: 10,
      unreachable: () => ["silent.example.org"],
      onUnexpectedEnd: (id) => unexpected.push(id),
    });
    await rig.hosts.launch(a);
    await bootstrapped(a.instanceId);
  });
  after(async () => {
    await rig?.end();
  });

  it("boot without a failed unit and run the user data with the real cloud-init", async () => {
    assert.equal(await sh(a.instanceId, "systemctl is-system-running --wait"), "running");
    assert.equal(await sh(a.instanceId, "cat /var/user-data-runs"), "ran");
    assert.equal(await sh(a.instanceId, "hostname"), "ip-10-20-0-11");
    assert.match(rig.hosts.console(a.instanceId), /not structured/);
    assert.match(await rig.hosts.journal(a.instanceId), /cloud-final\.service/);
  });

  it("record structured log lines on the timeline with the time at which they were written, so that latencies are correct", async () => {
    const event = await hostLog(a.instanceId, "bootstrap begun");
    assert.deepEqual(event.fields, { level: "INFO", pool: "dev" });
    const written = Number(await sh(a.instanceId, `date +%s%3N`));
    assert.ok(event.at > written - 600_000 && event.at <= written, `${event.at} is not just before ${written}`);
  });

  it("do not record a log line that a job forged", async () => {
    const line = `'{"message":"forged"}'`;
    await sh(
      a.instanceId,
      `systemd-run -q --wait --uid=65534 echo ${line}; systemd-run -q --wait echo '{"message":"after the forged one"}'`,
    );
    await hostLog(a.instanceId, "after the forged one");
    assert.equal(
      rig.timeline.events.some((event) => event.kind === "host-log" && event.message === "forged"),
      false,
    );
  });

  it("reach instance metadata at its usual address and are identified by their own address, whatever header they send", async () => {
    const answer = await sh(
      a.instanceId,
      "curl -sS -m 5 -X PUT -H 'x-rehearsal-source-ip: 10.0.0.1' http://169.254.169.254/latest/api/token",
    );
    assert.equal(answer, "you are 10.20.0.11");
    const request = rig.seen.at(-1)!;
    assert.deepEqual([request.method, request.url, request.headers.host], ["PUT", "/latest/api/token", "169.254.169.254"]);
  });

  it("reach AWS and GitHub under their real host names, with certificates that curl and Node accept", async () => {
    for (const name of HOST_NAMES) {
      assert.equal(await sh(a.instanceId, `curl -sS -m 5 --data-binary Action=X https://${name}/path`), "you are 10.20.0.11");
      assert.deepEqual([rig.seen.at(-1)!.headers.host, rig.seen.at(-1)!.body], [name, "Action=X"]);
    }
    const script = `fetch("https://${HOST_NAMES[0]}/node").then((r) => r.text()).then(console.log)`;
    assert.equal(await sh(a.instanceId, `systemd-run -q --wait --pipe node -e '${script}'`), "you are 10.20.0.11");
    const unknown = await rig.hosts.runCommand(a.instanceId, ["curl -sS -m 5 https://example.com"]);
    assert.equal(unknown.exitCode, 6, "any other name must not resolve");
  });

  it("wait in vain at a name that no one answers, as in a subnet without a way out, where an unknown name would fail at once", async () => {
    const ask = async (name: string) => (await rig.hosts.runCommand(a.instanceId, [`curl -sS -m 3 https://${name}/`])).stderr;
    assert.match(await ask("silent.example.org"), /timed out/);
    assert.match(await ask("unknown.example.org"), /Could not resolve host/);
  });

  it("fence one unit only, and lift the fence again", async () => {
    const probe =
      "while sleep 0.1; do curl -s -o /dev/null -m 1 http://169.254.169.254/ && echo open >/run/probe || echo fenced >/run/probe; done";
    await sh(a.instanceId, `systemd-run -q --unit=fenced sh -c '${probe}'`);
    const reads = (word: string) =>
      until(`the probe reports "${word}"`, async () => (await sh(a.instanceId, "cat /run/probe || true")) === word);
    await reads("open");
    await sh(a.instanceId, "systemctl set-property --runtime fenced.service IPAddressDeny=any");
    await reads("fenced");
    assert.equal(await sh(a.instanceId, "curl -sS -m 5 http://169.254.169.254/"), "you are 10.20.0.11");
    await sh(a.instanceId, "systemctl set-property --runtime fenced.service IPAddressDeny=");
    await reads("open");
    await sh(a.instanceId, "systemctl stop fenced");
  });

  it("deny instance metadata to a session of the job's user, which runs outside the runner's unit", async () => {
    const probe = "systemd-run -q --wait --pipe --slice=user-4711.slice curl -s -o /dev/null -m 1 http://169.254.169.254/";
    await sh(a.instanceId, probe);
    const folder = "/etc/systemd/system/user-4711.slice.d";
    await sh(
      a.instanceId,
      `mkdir ${folder} && printf '%s' '${userSlice().replaceAll("'", `'\\''`)}' >${folder}/ci-runners.conf && systemctl daemon-reload`,
    );
    assert.notEqual((await rig.hosts.runCommand(a.instanceId, [probe])).exitCode, 0);
    await sh(a.instanceId, "curl -s -o /dev/null -m 1 http://169.254.169.254/");
  });

  it("freeze in hibernation and continue with their memory intact", async () => {
    await sh(a.instanceId, `systemd-run -q --unit=counter bash -c 'n=0; while sleep 0.05; do echo $((++n)) >/run/count; done'`);
    const count = async () => Number((await sh(a.instanceId, "cat /run/count || echo 0")) || "0");
    await until("it counts", async () => (await count()) > 2);
    await rig.hosts.hibernate(a.instanceId);
    await assert.rejects(rig.hosts.runCommand(a.instanceId, ["true"]), /i-00000000000000a01 does not answer/);
    await rig.hosts.resume(a.instanceId);
    const resumed = await count();
    assert.ok(resumed > 2, "the counter must have kept its memory");
    await until("it continues to count", async () => (await count()) > resumed);
    await sh(a.instanceId, "systemctl stop counter");
  });

  it("return the exit code and both outputs of a command, and kill one that exceeds the time limit", async () => {
    const result = await rig.hosts.runCommand(a.instanceId, ["echo out", "echo err >&2", "exit 3"]);
    assert.deepEqual(result, { exitCode: 3, stdout: "out\n", stderr: "err\n" });
    await assert.rejects(rig.hosts.runCommand(a.instanceId, ["exec sleep 987654"]), /took longer than 10 s/);
    assert.equal(
      (await rig.hosts.runCommand(a.instanceId, ["pgrep -f 'sleep 98765[4]'"])).exitCode,
      1,
      "it must not continue in the machine",
    );
  });

  it("keep their disk across a stop, lose no log line written during it, and do not run the user data twice", async () => {
    await sh(
      a.instanceId,
      `cat >/etc/systemd/system/words.service <<'UNIT'\n${LOGS_WHEN_STOPPED}UNIT\nsystemctl daemon-reload\nsystemctl start words`,
    );
    await rig.hosts.stop(a.instanceId);
    assert.equal(rig.timeline.events.filter((event) => event.kind === "host-log" && event.message === "last words").length, 1);
    await assert.rejects(rig.hosts.runCommand(a.instanceId, ["true"]), /not running/);
    assert.deepEqual(traces(a.instanceId), [], "a machine that is off is only a directory");
    await rig.hosts.start(a.instanceId);
    await bootstrapped(a.instanceId);
    assert.equal(await sh(a.instanceId, "cat /var/user-data-runs"), "ran");
    await sh(a.instanceId, `systemd-run -q --wait echo '{"message":"second boot"}'`);
    await hostLog(a.instanceId, "second boot");
    const messages = rig.timeline.events.flatMap((event) => (event.kind === "host-log" ? [event.message] : []));
    assert.equal(new Set(messages).size, messages.length, `lines came twice: ${messages.join(", ")}`);
  });

  it("are distinguished by address and leave no trace after termination, even if one refuses to shut down", async () => {
    const b = { ...a, instanceId: "i-00000000000000b01", privateIp: "10.20.0.12" };
    await rig.hosts.launch(b);
    assert.equal(await sh(b.instanceId, "curl -sS -m 5 http://169.254.169.254/"), "you are 10.20.0.12");
    const stubborn = "systemd-run -q --unit=stubborn -p TimeoutStopSec=infinity -p 'ExecStop=/bin/sleep infinity' sleep infinity";
    await sh(b.instanceId, stubborn);
    await rig.hosts.terminate(b.instanceId);
    assert.deepEqual(traces(b.instanceId), []);
    await assert.rejects(rig.hosts.start(b.instanceId), /i-00000000000000b01.*terminated/);
    assert.match(await rig.hosts.journal(b.instanceId), /stubborn/, "its journal is kept for inspection");
    assert.equal(await sh(a.instanceId, "echo still here"), "still here");
  });

  it("assign a user that they create an id of its own, or one kernel would count the processes of a user on all machines together", async () => {
    const other = { ...a, instanceId: "i-00000000000000c01", privateIp: "10.20.0.13" };
    await rig.hosts.launch(other);
    const userOn = (instance: string) => sh(instance, "useradd own && id -u own");
    assert.notEqual(await userOn(a.instanceId), await userOn(other.instanceId));
    await rig.hosts.terminate(other.instanceId);
  });

  it("are reported if they power off unexpectedly, and can be started again", async () => {
    await rig.hosts.runCommand(a.instanceId, ["systemctl poweroff"]).catch(() => {});
    await until("the power-off is reported", () => unexpected.includes(a.instanceId));
    await rig.hosts.start(a.instanceId);
    assert.equal(await sh(a.instanceId, "cat /var/user-data-runs"), "ran");
  });

  it("can still be reached after a reboot, so that a reboot does not escape the rehearsal", async () => {
    const boot = () => sh(a.instanceId, "cat /proc/sys/kernel/random/boot_id");
    const first = await boot();
    await rig.hosts.runCommand(a.instanceId, ["systemctl reboot"]).catch(() => {});
    await until("another boot", async () => (await boot().catch(() => first)) !== first);
    await until(
      "units can be started",
      async () => (await rig.hosts.runCommand(a.instanceId, ['systemd-run -q --wait echo \'{"message":"after reboot"}\''])).exitCode === 0,
    );
    await hostLog(a.instanceId, "after reboot");
    assert.equal(await sh(a.instanceId, "curl -sS -m 5 http://169.254.169.254/"), "you are 10.20.0.11");
  });

  it("leave nothing on this host when the run is closed", async () => {
    const { run } = rig;
    await rig.end();
    assert.deepEqual(traces(`cir-${run.id}`), []);
    assert.deepEqual(traces(run.dir), []);
    await assert.rejects(rig.hosts.launch({ ...a, instanceId: "i-00000000000000c01" }), /being closed/);
  });
});
