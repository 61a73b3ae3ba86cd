/** Options of a hook's curl that say which job it is for, each with a space before it. They are part of a bash script. */
export function jobFields(): string {
  return "";
}
