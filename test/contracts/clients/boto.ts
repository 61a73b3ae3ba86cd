import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** What botocore made of an error: its exception's class, AWS's code and message, the text that a log would show. */
export interface BotoFailure {
  class: string;
  text: string;
  Code?: string;
  Message?: string;
  /** `Sender` or `Receiver`, where the protocol says so. */
  Type?: string;
  status?: number;
  retries?: number;
}

type Answer = { result: any } | { error: BotoFailure };

/** One Python process with boto3 in it, asked by the tests. Times arrive as `{ $time: MS }`, bytes as `{ $bytes: BASE64 }`. */
export class Boto {
  /** Who calls; by default whoever the environment names. */
  as: { aws_access_key_id?: string; aws_secret_access_key?: string; aws_session_token?: string } = {};
  private readonly child: ChildProcess;
  private readonly waiting: ((answer: Answer) => void)[] = [];
  private complaints = "";

  constructor(bin: string, env: Record<string, string>) {
    this.child = spawn(join(bin, "python"), [join(__dirname, "client.py")], { env, stdio: "pipe" });
    createInterface({ input: this.child.stdout! }).on("line", (line) => this.waiting.shift()!(JSON.parse(line) as Answer));
    this.child.stderr!.on("data", (chunk: Buffer) => (this.complaints += chunk.toString()));
    this.child.on("close", () => {
      for (const tell of this.waiting.splice(0)) tell({ error: { class: "ProcessEnded", text: this.complaints } });
    });
  }

  call(service: string, operation: string, params: object = {}): Promise<any> {
    return this.must({ service, call: operation, params });
  }

  /** Every page, as the paginator gives them. */
  pages(service: string, operation: string, params: object = {}): Promise<any[]> {
    return this.must({ service, paginate: operation, params });
  }

  /** Looks each 0.1 s instead of each 5 or 15 s. */
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
