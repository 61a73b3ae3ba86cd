import { runCli } from "./run-cli";
import { promote } from "./promote";

runCli(() => promote(process.argv.slice(2), { dir: process.cwd(), now: () => Date.now(), log: (text) => console.log(text) }));
