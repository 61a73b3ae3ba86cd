import assert from "node:assert/strict";
import type { Schedule } from "../../../../contract/actions-runner-pool/schedules";
import { scheduledFloor } from "../../../../functions/actions-runner-pool/scale/schedules";

const HOUR = 3600;
const schedule = (cron: string, hours: number, minSize = 3, timeZone = "Europe/Berlin"): Schedule => ({
  cron,
  timeZone,
  duration: hours * HOUR,
  minSize,
});
const floorAt = (time: string, ...schedules: Schedule[]) => scheduledFloor(schedules, Date.parse(time));

describe("the floor of the schedules", () => {
  const working = schedule("0 8 * * 1-5", 10);

  it("is 0 without any", () => assert.equal(floorAt("2026-11-30T09:00:00Z"), 0));

  it("holds from the first second of the duration to the last, and not a millisecond longer", () => {
    const floors = ["06:59:59.999", "07:00:00.000", "07:00:00.001", "16:59:59.999", "17:00:00.000"].map((time) =>
      floorAt(`2026-11-30T${time}Z`, working),
    );
    assert.deepEqual(floors, [0, 3, 3, 3, 0]);
  });

  it("knows the days of the week", () => {
    assert.equal(floorAt("2026-11-27T10:00:00Z", working), 3, "a Friday");
    assert.equal(floorAt("2026-11-28T10:00:00Z", working), 0, "a Saturday");
  });

  it("follows the local clock into summer and back: eight o'clock is 7:00 or 6:00 UTC", () => {
    const daily = schedule("0 8 * * *", 1);
    const at = (day: string) => ["06:30", "07:30"].map((time) => floorAt(`${day}T${time}:00Z`, daily));
    assert.deepEqual(at("2026-03-28"), [0, 3]);
    assert.deepEqual(at("2026-03-29"), [3, 0], "summer time began in the night");
    assert.deepEqual(at("2026-10-24"), [3, 0]);
    assert.deepEqual(at("2026-10-25"), [0, 3], "it ended in the night");
  });

  it("holds for its whole duration across a change of the clock, not for so many hours of the dial", () => {
    const night = schedule("0 0 * * *", 4);
    assert.deepEqual(
      ["2026-03-29T02:59:59Z", "2026-03-29T03:00:00Z"].map((time) => floorAt(time, night)),
      [3, 0],
      "00:00 to 05:00 on the dial: an hour of it does not exist",
    );
  });

  it("does not miss a time that the change to summer time skips", () => {
    const skipped = schedule("30 2 * * *", 1);
    assert.equal(floorAt("2026-03-29T01:00:00Z", skipped), 3, "at the change itself");
    assert.equal(floorAt("2026-03-29T00:59:59Z", skipped), 0);
  });

  it("runs once at a time that occurs twice in autumn", () => {
    const twice = schedule("30 2 * * *", 0.5);
    const floors = ["00:30", "00:59", "01:30", "01:59"].map((time) => floorAt(`2026-10-25T${time}:00Z`, twice));
    assert.deepEqual(floors, [3, 3, 0, 0]);
  });

  it("is the highest of those that overlap, in whichever order they are listed", () => {
    const peak = schedule("0 9 * * *", 1, 9);
    for (const both of [
      [working, peak],
      [peak, working],
    ])
      assert.deepEqual(
        ["07:30", "08:30", "09:30"].map((time) => floorAt(`2026-11-30T${time}:00Z`, ...both)),
        [3, 9, 3],
      );
  });

  it("goes on while a schedule starts anew before its duration has passed", () => {
    const always = schedule("0 * * * *", 2, 1, "UTC");
    for (let minute = 0; minute < 180; minute += 7)
      assert.equal(scheduledFloor([always], Date.parse("2026-11-30T09:00:00Z") + minute * 60_000), 1);
  });
});
