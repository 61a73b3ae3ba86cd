/** The memory of a search over millions of states, in flat arrays. */

/** States by a 64-bit hash of their text. With 5 million states, a collision has a probability of one in a million. */
export class StateSet {
  size = 0;
  private capacity = 1 << 16;
  private high = new Uint32Array(this.capacity);
  private low = new Uint32Array(this.capacity);
  private ids = new Int32Array(this.capacity).fill(-1);

  /** Returns the state's number; a new state gets the previous size. */
  add(text: string): number {
    let high = 0xdeadbeef;
    let low = 0x41c6ce57;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      high = Math.imul(high ^ code, 2654435761);
      low = Math.imul(low ^ code, 1597334677);
    }
    high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
    low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
    if (this.size * 2 > this.capacity) this.grow();
    const slot = this.slot(high >>> 0, low >>> 0);
    if (this.ids[slot]! < 0) {
      this.high[slot] = high;
      this.low[slot] = low;
      this.ids[slot] = this.size++;
    }
    return this.ids[slot]!;
  }

  private slot(high: number, low: number): number {
    for (let slot = low & (this.capacity - 1); ; slot = (slot + 1) & (this.capacity - 1)) {
      if (this.ids[slot]! < 0 || (this.high[slot] === high && this.low[slot] === low)) return slot;
    }
  }

  private grow(): void {
    const { high, low, ids } = this;
    this.capacity *= 2;
    this.high = new Uint32Array(this.capacity);
    this.low = new Uint32Array(this.capacity);
    this.ids = new Int32Array(this.capacity).fill(-1);
    for (let old = 0; old < ids.length; old++) {
      if (ids[old]! < 0) continue;
      const slot = this.slot(high[old]!, low[old]!);
      this.high[slot] = high[old]!;
      this.low[slot] = low[old]!;
      this.ids[slot] = ids[old]!;
    }
  }
}

export class Edges {
  private count = 0;
  private from = new Int32Array(1 << 16);
  private to = new Int32Array(1 << 16);

  add(from: number, to: number): void {
    if (this.count === this.from.length) {
      this.from = longer(this.from);
      this.to = longer(this.to);
    }
    this.from[this.count] = from;
    this.to[this.count++] = to;
  }

  /** For each state, 1 if a path leads from it to one of the goals. */
  reach(goals: number[], states: number): Uint8Array {
    const starts = new Int32Array(states + 1);
    for (let edge = 0; edge < this.count; edge++) starts[this.to[edge]! + 1]! += 1;
    for (let state = 0; state < states; state++) starts[state + 1]! += starts[state]!;
    const next = starts.slice();
    const sources = new Int32Array(this.count);
    for (let edge = 0; edge < this.count; edge++) sources[next[this.to[edge]!]!++] = this.from[edge]!;
    const reaches = new Uint8Array(states);
    const open = [...goals];
    for (const goal of goals) reaches[goal] = 1;
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      for (let edge = starts[state]!; edge < starts[state + 1]!; edge++) {
        const source = sources[edge]!;
        if (reaches[source]) continue;
        reaches[source] = 1;
        open.push(source);
      }
    }
    return reaches;
  }
}

function longer(array: Int32Array): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(array.length * 2);
  copy.set(array);
  return copy;
}
