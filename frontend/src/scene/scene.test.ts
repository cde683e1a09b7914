import { type InstancedBufferGeometry, type InterleavedBufferAttribute, Mesh, Scene } from "three";
import { describe, expect, it } from "vitest";
import { emptyFrame } from "../core/frame.ts";
import { birdGeometry } from "./bird.ts";
import { Follower, nearestToCentre } from "./chase.ts";
import { Flock } from "./flock.ts";
import { Motion } from "./motion.ts";
import { detailFor, Governor } from "./quality.ts";
import { emptySurvey, surveyFrame } from "./survey.ts";

/** Birds in a row along x that fly along x; the phase names a bird. */
function row(count: number, at = 0): Float32Array {
  const data = new Float32Array(count * 8);
  for (let i = 0; i < count; i++)
    data.set([i + at, 2, 0, 0, 1 + i / count, 0, 0, i / count], i * 8);
  return data;
}

describe("a survey", () => {
  it("finds middle, spread and speeds", () => {
    const survey = emptySurvey();
    expect(surveyFrame(row(101), 101, survey)).toBe(true);
    expect(survey).toMatchObject({ x: 50, y: 2, z: 0, flat: true, slowest: 1 });
    expect(survey.spread).toBeCloseTo(29.15, 1);
  });

  it("does not mind numbers that are none", () => {
    const data = row(10);
    data.fill(Number.NaN, 0, 8);
    data[9] = Infinity;
    const survey = emptySurvey();
    expect(surveyFrame(data, 10, survey)).toBe(true);
    expect(Number.isFinite(survey.x + survey.spread + survey.fastest)).toBe(true);
    expect(survey.lost).toBe(0.2);
    expect(surveyFrame(data.fill(Number.NaN), 10, survey)).toBe(false);
    expect(survey.lost).toBe(1);
    expect(surveyFrame(data, 0, survey)).toBe(false);
    expect(survey.lost).toBe(0);
  });
});

describe("following a bird", () => {
  it("goes on when birds change places", () => {
    const follower = new Follower();
    const data = row(10);
    follower.take(data, 4);
    const swapped = data.slice();
    swapped.copyWithin(0, 4 * 8, 5 * 8);
    swapped.set(data.subarray(0, 8), 4 * 8);
    follower.track(swapped, 10);
    expect(follower.quarry.x).toBe(4);
  });

  it("lets go when the bird is gone", () => {
    const follower = new Follower();
    follower.take(row(10), 9);
    follower.track(row(5), 5);
    expect(follower.active).toBe(false);
  });

  it("takes the bird in the middle of the picture", () => {
    // Looks along -z with no perspective worth mentioning.
    const matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, -3, -2, 0, 1];
    expect(nearestToCentre(row(10), 10, matrix)).toBe(3);
  });
});

describe("carrying birds on between ticks", () => {
  it("measures how far a tick takes them", () => {
    const motion = new Motion();
    const step = 1 / 60;
    let data = row(64);
    for (let tick = 1; tick <= 5; tick++) {
      motion.note(data, 64, tick, tick * 20);
      data = data.map((v, i) => (i % 8 === 0 ? v + (data[i + 4] ?? 0) * step : v));
    }
    expect(motion.perTick).toBeCloseTo(step, 4);
    expect(motion.tickMs).toBeCloseTo(20);
    expect(motion.ahead(100)).toBe(0);
    expect(motion.ahead(110)).toBeCloseTo(step / 2, 4);
    expect(motion.ahead(10000)).toBeCloseTo(step, 4);
  });

  it("does not when birds are in another order each time", () => {
    const motion = new Motion();
    for (let tick = 1; tick <= 5; tick++)
      motion.note(row(64, tick * tick * 3), 64, tick, tick * 20);
    const scattered = row(64).map((v, i) => (i % 8 === 0 ? Math.sin(v * 99) * 9 : v));
    motion.note(scattered, 64, 6, 120);
    expect(motion.ahead(130)).toBe(0);
  });
});

describe("the quality", () => {
  it("steps down when pictures take long, at once when very long", () => {
    const slow = new Governor(false);
    for (let i = 0; i < 44; i++) expect(slow.note(40, i * 40)).toBe(false);
    expect(slow.note(40, 1800)).toBe(true);
    expect(slow.quality).toBe("balanced");
    const verySlow = new Governor(false);
    for (let i = 0; i < 4; i++) verySlow.note(120, i * 120);
    expect(verySlow.quality).toBe("light");
  });

  it("stays at the top when pictures are quick, at the bottom without a graphics card", () => {
    const quick = new Governor(false);
    for (let i = 0; i < 500; i++) quick.note(16.7, i * 16.7);
    expect(quick.quality).toBe("full");
    const software = new Governor(true);
    for (let i = 0; i < 5000; i++) software.note(5, i * 5);
    expect(software.quality).toBe("light");
  });

  it("comes back up, but not for ever", () => {
    const governor = new Governor(false);
    let now = 0;
    const run = (ms: number, pictures: number) => {
      for (let i = 0; i < pictures; i++) {
        now += ms;
        governor.note(ms, now);
      }
    };
    run(40, 45);
    expect(governor.quality).toBe("balanced");
    run(16.7, 1500);
    expect(governor.quality).toBe("full");
    for (let i = 0; i < 5; i++) {
      run(40, 45);
      run(16.7, 1500);
    }
    expect(governor.quality).not.toBe("full");
  });

  it("draws many birds with fewer triangles", () => {
    const triangles = (count: number) =>
      (birdGeometry(detailFor("full", count, false)).index?.count ?? 0) / 3;
    expect(triangles(1000)).toBe(30);
    expect(triangles(100000)).toBe(11);
    expect(triangles(250000)).toBe(4);
  });
});

/** First instance and number of instances of each draw, for `count` birds in room for 10,000. */
function draws(flock: Flock, scene: Scene, count: number): [number, number][] {
  flock.show({ ...emptyFrame(), data: new Float32Array(80_000), count, stride: 32, generation: 1 });
  return scene.children
    .filter((part) => part instanceof Mesh && part.visible)
    .map((part) => {
      const geometry = (part as Mesh).geometry as InstancedBufferGeometry;
      const place = geometry.getAttribute("place") as InterleavedBufferAttribute;
      return [place.offset / 8, geometry.instanceCount];
    });
}

describe("a flock", () => {
  it("is one draw where a graphics card draws", () => {
    const scene = new Scene();
    expect(draws(new Flock(scene, false), scene, 7000)).toEqual([[0, 7000]]);
  });

  it("is drawn in parts in software, each bird once", () => {
    const scene = new Scene();
    const flock = new Flock(scene, true);
    for (const count of [0, 1, 1999, 2000, 2001, 7000, 10_000]) {
      let next = 0;
      for (const [first, n] of draws(flock, scene, count)) {
        expect([first, n > 0 && n <= 2000]).toEqual([next, true]);
        next += n;
      }
      expect(next).toBe(count);
    }
  });
});
