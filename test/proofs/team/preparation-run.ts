import { PATHS } from "../../../contract/actions-runner-pool/host";
import { sha256 } from "../../../components/shared/sha256";
import { setupKey } from "../../../contract/shared/host-bundle";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import type { HostSetup } from "../../../contract/shared/host-setup";
import type { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";

/** In /run, which no script of a test fills. */
const FOLDER = "/run/preparation";

export interface Outcome {
  code: number;
  /** Standard output. */
  progress: string;
  /** Standard error. */
  reason: string;
}

/**
 * The preparation of a machine, run once more on one that is in service: the program, the machine and everything that it uses are real,
 * only its configuration is another one. A launch of its own for each case would take minutes.
 */
export class PreparationRun {
  private constructor(
    private readonly pool: LivePool,
    private readonly instance: string,
  ) {}

  /** Starts it without waiting. */
  static async start(pool: LivePool, instance: string, setup: HostSetup, script?: string): Promise<PreparationRun> {
    const digest = script === undefined ? undefined : sha256(`${script}${Math.random()}`);
    const own = digest === undefined ? {} : { script: { key: setupKey(digest), sha256: digest } };
    const config = Buffer.from(JSON.stringify({ ...setup, ...own })).toString("base64");
    const text = Buffer.from(script ?? "").toString("base64");
    const merge = `const { packages, script, jobEnvironment, ...rest } = JSON.parse(fs.readFileSync("${FOLDER}/installed"));
      fs.writeFileSync("${PATHS.config}", JSON.stringify({ ...rest, ...JSON.parse(Buffer.from("${config}", "base64")) }))`;
    await pool.sh(
      instance,
      `set -e
      mkdir -p ${FOLDER}
      [ -e ${FOLDER}/installed ] || cp ${PATHS.config} ${FOLDER}/installed
      rm -f ${FOLDER}/code
      ${PATHS.node} -e '${merge}'
      ${script === undefined ? "" : `echo ${text} | base64 -d >${HOST_PATHS.setupScript}`}
      setsid sh -c '${PATHS.node} ${PATHS.agent} prepare >${FOLDER}/out 2>${FOLDER}/err & echo $! >${FOLDER}/pid; wait $!
        code=$?; cp ${FOLDER}/installed ${PATHS.config}; echo $code >${FOLDER}/code' >/dev/null 2>&1 </dev/null &`,
    );
    return new PreparationRun(pool, instance);
  }

  /** Waits until its progress has this text. */
  async says(text: string): Promise<void> {
    await this.pool.untilSeen(`"${text}"`, async () => (await this.read("out")).includes(text));
  }

  async kill(): Promise<void> {
    await this.pool.sh(this.instance, `kill -KILL $(cat ${FOLDER}/pid)`);
    await this.ended();
  }

  async ended(): Promise<Outcome> {
    await this.pool.untilSeen("the end of the preparation", async () => (await this.read("code")) !== "");
    return { code: Number(await this.read("code")), progress: await this.read("out"), reason: (await this.read("err")).trim() };
  }

  private read(name: string): Promise<string> {
    return this.pool.sh(this.instance, `cat ${FOLDER}/${name} 2>/dev/null || true`);
  }
}
