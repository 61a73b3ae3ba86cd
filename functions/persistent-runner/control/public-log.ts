/** Characters of a reason: AWS's refusals come with an encoded message of hundreds. */
const LONGEST = 500;

/** What AWS says, without names of accounts, roles and resources. The function's own log has them. */
export function forPublicLog(text: string): string {
  return text
    .replace(/arn:aws[\w-]*:[^\s"',]+/g, "(ARN)")
    .replace(/(?<!\d)\d{12}(?!\d)/g, "(account)")
    .replace(/Encoded authorization failure message: \S+/g, "")
    .slice(0, LONGEST);
}
