/** Splits text that arrives in pieces into lines, and a line without end into pieces. Pure. */
export interface SplitLine {
  text: string;
  /** Bytes of the line with its end. */
  bytes: number;
}

const NEWLINE = 10;

/** @param longest bytes of a line, after which it is divided */
export class LineSplitter {
  private rest = Buffer.alloc(0);

  constructor(private readonly longest: number) {}

  push(piece: Buffer): SplitLine[] {
    let left = this.rest.length === 0 ? piece : Buffer.concat([this.rest, piece]);
    const lines: SplitLine[] = [];
    for (;;) {
      const end = left.indexOf(NEWLINE);
      if (end >= 0 && end <= this.longest) {
        lines.push({ text: left.toString("utf8", 0, end), bytes: end + 1 });
        left = left.subarray(end + 1);
      } else if (left.length > this.longest) {
        lines.push({ text: left.toString("utf8", 0, this.longest), bytes: this.longest });
        left = left.subarray(this.longest);
      } else {
        // A copy: the piece that it is a part of may be much longer.
        this.rest = Buffer.from(left);
        return lines;
      }
    }
  }
}
