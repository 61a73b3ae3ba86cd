import { runCli } from "./run-cli";
import { deploy } from "./deploy";

runCli(() => deploy(process.argv.slice(2), { dir: process.cwd(), log: (line) => console.error(line), print: (line) => console.log(line) }));
