/** Runs asynchronous operations in the order of their arrival, each after the end of the one before. */
export class OneAtATime {
  private last: Promise<unknown> = Promise.resolve();

  run<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.last.then(operation);
    this.last = result.catch(() => undefined);
    return result;
  }
}
