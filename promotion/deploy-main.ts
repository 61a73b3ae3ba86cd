import { runCommand } from "./run-cli";
import { deploy } from "./deploy";

runCommand(() =>
  deploy(process.argv.slice(2), { dir: process.cwd(), say: (line) => console.error(line), print: (line) => console.log(line) }),
);
