/** Whether it is a whole number within the bounds, which belong to the range. */
export function inRange(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
