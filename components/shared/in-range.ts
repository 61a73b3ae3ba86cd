/** Whether the value is a whole number between the bounds, inclusive. */
export function inRange(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
