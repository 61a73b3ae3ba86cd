/** The hosts' log group, as far as the functions that see an instance end use it. */
import type { CloudWatchLogs, Ec2 } from "../../shared/aws/clients";
import { consoleOutputs } from "../../shared/aws/console-output";
import { createStream, pagesBackward, putEvents } from "../../shared/aws/log-streams";

export interface HostLogPorts {
  /**
   * Texts of the instance's stream by pages, the last page first, each in order. None if it has no stream.
   *
   * @param limit events of a page
   */
  pagesBackward(instanceId: string, limit?: number): AsyncIterable<string[]>;
  /** The instance's console; several if EC2 has it of several moments. */
  consoles(instanceId: string): Promise<string[]>;
  /** Writes events into the instance's stream, which it creates. */
  write(instanceId: string, time: number, texts: string[]): Promise<void>;
}

export function hostLogPorts(group: string, { ec2, logs }: { ec2: Ec2; logs: CloudWatchLogs }): HostLogPorts {
  return {
    pagesBackward: (instanceId, limit) => pagesBackward(logs, group, instanceId, limit),
    consoles: (instanceId) => consoleOutputs(ec2, instanceId),
    async write(instanceId, time, texts) {
      await createStream(logs, group, instanceId);
      await putEvents(logs, group, instanceId, time, texts);
    },
  };
}
