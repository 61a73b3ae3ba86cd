/** Jobs that do to their host whatever their user is permitted to. */
import assert from "node:assert/strict";
import { UNITS } from "../../../../contract/actions-runner-pool/host";
import { onOne, type Scenario } from "./scenario";

const VERBS = ["stop", "restart", "disable", "mask", "kill", "set-property"];

/** Runs each command on each unit, and those that affect the whole machine; records each one that succeeded. */
const RUN_COMMANDS = `
commands=0
try() { commands=$((commands + 1)); if systemctl --no-ask-password "$@" >/dev/null 2>&1; then echo "$*" >> /dev/shm/succeeded; fi; }
for unit in ${Object.values(UNITS).join(" ")}; do
  for verb in ${VERBS.filter((verb) => verb !== "set-property").join(" ")}; do try "$verb" "$unit"; done
  try set-property --runtime "$unit" IPAddressDeny=any
done
for verb in reboot poweroff daemon-reload daemon-reexec emergency; do try "$verb"; done
echo $commands > /dev/shm/commands
`;

/** Kills all of the runner but the job's own worker: a job that kills its worker ends itself. */
const KILL_ALL_ELSE = `
for pid in $(pgrep -u "$(id -u)"); do
  name=$(cat "/proc/$pid/comm" 2>/dev/null || true)
  case "$(tr '\\0' ' ' < "/proc/$pid/cmdline" 2>/dev/null || true)" in
    *Runner.Listener*|*RunnerService.js*|*runsvc.sh*) kill -KILL "$pid"; echo "$name" >> /dev/shm/killed ;;
  esac
done
for name in systemd node dbus-daemon; do pkill -KILL -x "$name" -u root 2>/dev/null && echo "$name" >> /dev/shm/too-far || true; done
touch /dev/shm/all-killed
`;

const LEAVE_DAEMONS = `
setsid env -u RUNNER_TRACKING_ID sleep 3600 >/dev/null 2>&1 &
(setsid env -u RUNNER_TRACKING_ID bash -c 'trap "" TERM INT HUP; while :; do sleep 1; done' >/dev/null 2>&1 &)
`;

export const JOBS: readonly Scenario[] = [
  onOne("job that stops and masks units", "the commands are denied; the instance drains like any other", async (target, see) => {
    const job = await target.hold(RUN_COMMANDS);
    await target.untilSeen("the last command", async () => (await target.sh("cat /dev/shm/commands 2>/dev/null || true")) !== "");
    assert.equal(await target.sh("cat /dev/shm/succeeded 2>/dev/null || true"), "");
    const commands = await target.sh("cat /dev/shm/commands");
    await target.scaleIn();
    await job.release();
    see(`${commands} commands, none succeeded; ${await target.departs(job)}`);
  }),

  onOne(
    "job that kills what its user may",
    "the killed runner waits for the job and restarts; the instance still terminates on scale-in",
    async (target, see) => {
      const runner = await target.show(UNITS.runner, "MainPID");
      const agent = await target.show(UNITS.agent, "MainPID");
      const job = await target.hold(KILL_ALL_ELSE);
      await target.untilSeen("the last kill", async () => (await target.sh("ls /dev/shm/all-killed 2>/dev/null || true")) !== "");
      await target.untilSeen("runsvc.sh to exit", async () => (await target.show(UNITS.runner, "MainPID")) === "0");
      assert.equal(
        await target.sh("sort -u /dev/shm/killed; cat /dev/shm/too-far 2>/dev/null || true"),
        "Runner.Listener\nnode\nrunsvc.sh",
      );
      assert.equal(await target.show(UNITS.agent, "MainPID"), agent);
      assert.ok(!job.changes().includes("steps-ended"));
      await job.release();
      await job.succeeds();
      await target.untilSeen("another runner", async () => !["0", runner].includes(await target.show(UNITS.runner, "MainPID")));
      await target.scaleIn();
      see(
        `listener, service host and runsvc.sh killed, no process of root; systemd restarted the runner after the job; ${await target.departs(job)}`,
      );
    },
    { seconds: 130 },
  ),

  onOne("job that forks daemons which outlive it", "nothing waits for them", async (target, see) => {
    const job = await target.hold(LEAVE_DAEMONS);
    await job.release();
    await job.succeeds();
    const left = (await target.sh("pgrep -u runner -x 'sleep|bash' | wc -l")).trim();
    assert.ok(Number(left) >= 2, `${left} processes left: a job without daemons proves nothing`);
    await target.scaleIn();
    see(`daemons still running after the job; ${await target.departs(job)}`);
  }),
];
