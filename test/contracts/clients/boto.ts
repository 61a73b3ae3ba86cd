import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** An error as botocore raises it: the exception's class, AWS's code and message, and the text that a log would show. */
export interface BotoFailure {
  class: string;
  text: string;
  Code?: string;
  Message?: string;
  /** `Sender` or `Receiver`, if the protocol has it. */
  Type?: string;
  status?: number;
  retries?: number;
}

type Answer = { result: any } | { error: BotoFailure };

/** A Python process that runs boto3 calls for the tests. Times are returned as `{ $time: MS }`, bytes as `{ $bytes: BASE64 }`. */
export class Boto {
  /** The caller's credentials; by default those of the environment. */
  as: { aws_access_key_id?: string; aws_secret_access_key?: string; aws_session_token?: string } = {};
  private readonly child: ChildProcess;
  private readonly waiting: ((answer: Answer) => void)[] = [];
  private errorOutput = "";

  constructor(bin: string, env: Record<string, string>) {
    this.child = spawn(join(bin, "python"), [join(__dirname, "client.py")], { env, stdio: "pipe" });
    createInterface({ input: this.child.stdout! }).on("line", (line) => this.waiting.shift()!(JSON.parse(line) as Answer));
    this.child.stderr!.on("data", (chunk: Buffer) => (this.errorOutput += chunk.toString()));
    this.child.on("close", () => {
      for (const resolve of this.waiting.splice(0)) resolve({ error: { class: "ProcessEnded", text: this.errorOutput } });
    });
  }

  call(service: string, operation: string, params: object = {}): Promise<any> {
    return this.must({ service, call: operation, params });
  }

  /** All pages of the paginator. */
  pages(service: string, operation: string, params: object = {}): Promise<any[]> {
    return this.must({ service, paginate: operation, params });
  }

  /** Runs a waiter that polls every 0.1 s instead of every 5 or 15 s. */
  wait(service: string, waiter: string, params: object): Promise<void> {
    return this.must({ service, wait: waiter, params: { WaiterConfig: { Delay: 0.1, MaxAttempts: 300 }, ...params } });
  }

  async fails(service: string, operation: string, params: object = {}): Promise<BotoFailure> {
    return this.mustFail(await this.ask({ service, call: operation, params }), operation);
  }

  async waitFails(service: string, waiter: string, params: object): Promise<BotoFailure> {
    return this.mustFail(await this.ask({ service, wait: waiter, params }), waiter);
  }

  async pagesFail(service: string, operation: string, params: object): Promise<BotoFailure> {
    return this.mustFail(await this.ask({ service, paginate: operation, params }), operation);
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("close", resolve));
    this.child.stdin!.end();
    await ended;
  }

  private async must(request: object): Promise<any> {
    const answer = await this.ask(request);
    if ("error" in answer) assert.fail(`${JSON.stringify(request)}: ${answer.error.text}`);
    return answer.result;
  }

  private mustFail(answer: Answer, what: string): BotoFailure {
    if ("result" in answer) assert.fail(`${what} must fail, but answered ${JSON.stringify(answer.result)}`);
    return answer.error;
  }

  private ask(request: object): Promise<Answer> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.child.stdin!.write(`${JSON.stringify({ credentials: this.as, ...request })}\n`);
    });
  }
}
