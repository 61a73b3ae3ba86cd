import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import type { JobMessage } from "../../github/messages";

/** What the listener sends to a worker. */
export type WorkerMessage =
  | { type: "NewJobRequest"; body: JobMessage }
  /** A user canceled the job, or its lock is lost: `always()` steps still run. */
  | { type: "CancelRequest"; body?: undefined }
  /** The runner is stopping: no further steps run. */
  | { type: "RunnerShutdown"; body?: undefined };

/** A frame is a 32-bit length followed by that many bytes of JSON. */
export function writeMessage(stream: Writable, message: WorkerMessage): Promise<void> {
  const body = Buffer.from(JSON.stringify(message));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return new Promise((resolve, reject) => stream.write(Buffer.concat([length, body]), (error) => (error ? reject(error) : resolve())));
}

/**
 * Calls `act` for each message. The end of the pipe is ignored: the official worker keeps waiting when its listener has
 * exited, and therefore outlives it.
 */
export function readMessages(stream: Readable, act: (message: WorkerMessage) => void): void {
  let buffer = Buffer.alloc(0);
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    while (buffer.length >= 4 && buffer.length >= 4 + buffer.readUInt32LE(0)) {
      const end = 4 + buffer.readUInt32LE(0);
      const message = JSON.parse(buffer.subarray(4, end).toString("utf8")) as WorkerMessage;
      buffer = buffer.subarray(end);
      act(message);
    }
  });
}

/** The worker's end of a pipe that the listener opened for it. */
export function inherited(fd: number): Readable {
  return new Socket({ fd, readable: true, writable: false });
}
