/** Text without line breaks and control characters, which would forge lines of a message or of a terminal. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
