import { readFileSync } from "node:fs";

/** Of the job's user. */
export interface Account {
  uid: number;
  gid: number;
  home: string;
}

/** The account from /etc/passwd; a user of a directory service is not supported. */
export function accountOf(user: string, passwd: string = readFileSync("/etc/passwd", "utf8")): Account {
  const line = passwd.split("\n").find((entry) => entry.startsWith(`${user}:`));
  if (!line) throw new Error(`runnerUser ${user}: no such local user; install.sh creates it`);
  const fields = line.split(":");
  return { uid: Number(fields[2]), gid: Number(fields[3]), home: fields[5] ?? "/" };
}
