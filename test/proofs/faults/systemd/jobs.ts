/** Jobs that do to their host whatever their user may. */
import assert from "node:assert/strict";
import { UNITS } from "../../../../contract/actions-runner-pool/host";
import { onOne, type Scenario } from "./scenario";

const ORDERS = ["stop", "restart", "disable", "mask", "kill", "set-property"];

/** Each order once for each unit, and those that concern the whole machine; a line for each that was obeyed. */
const GIVE_ORDERS = `
orders=0
give() { orders=$((orders + 1)); if systemctl --no-ask-password "$@" >/dev/null 2>&1; then echo "$*" >> /dev/shm/obeyed; fi; }
for unit in ${Object.values(UNITS).join(" ")}; do
  for order in ${ORDERS.filter((order) => order !== "set-property").join(" ")}; do give "$order" "$unit"; done
  give set-property --runtime "$unit" IPAddressDeny=any
done
for order in reboot poweroff daemon-reload daemon-reexec emergency; do give "$order"; done
echo $orders > /dev/shm/orders
`;

/** All of the runner but the job's own worker, whose end would be the job's own doing. */
const KILL_ALL_ELSE = `
for pid in $(pgrep -u "$(id -u)"); do
  name=$(cat "/proc/$pid/comm" 2>/dev/null || true)
  case "$(tr '\\0' ' ' < "/proc/$pid/cmdline" 2>/dev/null || true)" in
    *Runner.Listener*|*RunnerService.js*|*runsvc.sh*) kill -KILL "$pid"; echo "$name" >> /dev/shm/killed ;;
  esac
done
for name in systemd node dbus-daemon; do pkill -KILL -x "$name" -u root 2>/dev/null && echo "$name" >> /dev/shm/too-far || true; done
`;

const LEAVE_DAEMONS = `
setsid env -u RUNNER_TRACKING_ID sleep 3600 >/dev/null 2>&1 &
(setsid env -u RUNNER_TRACKING_ID bash -c 'trap "" TERM INT HUP; while :; do sleep 1; done' >/dev/null 2>&1 &)
`;

export const JOBS: readonly Scenario[] = [
  onOne("job that stops and masks units", "it may not; the instance drains as any other", async (victim, see) => {
    const job = await victim.hold(GIVE_ORDERS);
    await victim.untilSeen("the last order", async () => (await victim.sh("cat /dev/shm/orders 2>/dev/null || true")) !== "");
    assert.equal(await victim.sh("cat /dev/shm/obeyed 2>/dev/null || true"), "");
    const orders = await victim.sh("cat /dev/shm/orders");
    await victim.scaleIn();
    await job.release();
    see(`${orders} orders, none obeyed; ${await victim.departs(job)}`);
  }),

  onOne(
    "job that kills what its user may",
    "the runner it kills waits for it and comes back; the instance goes when it should",
    async (victim, see) => {
      const runner = await victim.show(UNITS.runner, "MainPID");
      const agent = await victim.show(UNITS.agent, "MainPID");
      const job = await victim.hold(KILL_ALL_ELSE);
      await victim.untilSeen("the end of runsvc.sh", async () => (await victim.show(UNITS.runner, "MainPID")) === "0");
      assert.equal(
        await victim.sh("sort -u /dev/shm/killed; cat /dev/shm/too-far 2>/dev/null || true"),
        "Runner.Listener\nnode\nrunsvc.sh",
      );
      assert.equal(await victim.show(UNITS.agent, "MainPID"), agent);
      assert.ok(!job.changes().includes("steps-ended"));
      await job.release();
      await job.succeeds();
      await victim.untilSeen("another runner", async () => !["0", runner].includes(await victim.show(UNITS.runner, "MainPID")));
      await victim.scaleIn();
      see(
        `listener, service host and runsvc.sh killed, nothing of root's; systemd started the runner again after the job; ${await victim.departs(job)}`,
      );
    },
    { seconds: 130 },
  ),

  onOne("job that forks daemons which outlive it", "nobody waits for them", async (victim, see) => {
    const job = await victim.hold(LEAVE_DAEMONS);
    await job.release();
    await job.succeeds();
    const left = (await victim.sh("pgrep -u runner -x 'sleep|bash' | wc -l")).trim();
    assert.ok(Number(left) >= 2, `${left} processes left: a job without daemons proves nothing`);
    await victim.scaleIn();
    see(`daemons alive after the job; ${await victim.departs(job)}`);
  }),
];
