import { UNITS } from "../../contract/actions-runner-pool/host";

/** Seconds that the command may take. It only queues a systemd job, so a slow command means an unhealthy host. */
const EXECUTION_TIMEOUT = 30;

/** The only command that the deregister function may send to a host, as a Systems Manager document (schema 2.2). */
export function stopDocumentContent() {
  return {
    schemaVersion: "2.2",
    description: "Begins to drain the GitHub Actions runner: it finishes its job first and accepts no other",
    mainSteps: [
      {
        action: "aws:runShellScript",
        name: "beginDrain",
        inputs: {
          timeoutSeconds: String(EXECUTION_TIMEOUT),
          // Does not wait: the drain takes as long as the job, and nothing reads the command's result.
          runCommand: [`systemctl stop --no-block ${UNITS.runner}`],
        },
      },
    ],
  };
}
