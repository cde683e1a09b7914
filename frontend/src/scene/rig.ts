import type { PerspectiveCamera } from "three";
import type { Survey } from "./survey.ts";

const FIELD_OF_VIEW = 50;
const MIN_ZOOM = 0.12;
const MAX_ZOOM = 3.5;
const MAX_PITCH = 1.35;
/** Rates of approach, per second: what is left after t seconds is exp(-rate * t). */
const HAND_RATE = 9;
const FRAME_RATE = 1.6;
const FIRST_FRAME_RATE = 4;
const CHASE_RATE = 3.2;
/** Slow turn while nobody steers, in radians per second; it sways, so that the sun stays in sight. */
const DRIFT = 0.018;
const DRIFT_AFTER_S = 4;
const SWAY_S = 110;
const STILL = 2e-5;
/** How much of the spread (root mean square) the picture shows around the middle. */
const FILL = 1.62;
/** Below the flock, looking up: the horizon stays low in the picture. */
const FIRST_PITCH = -0.31;
const FIRST_YAW = 0;

export interface CameraPose {
  yaw: number;
  pitch: number;
  zoom: number;
}

/** Bird that is followed: place and velocity. */
export interface Quarry {
  x: number;
  y: number;
  z: number;
  vx: number;
  vy: number;
  vz: number;
}

/**
 * Orbit around the flock with inertia, and a chase of one bird. It frames whatever it is told the
 * flock's place and spread are; `zoom` is relative to that, so any flock is in the picture.
 */
export class Rig {
  readonly pose: CameraPose = { yaw: FIRST_YAW, pitch: FIRST_PITCH, zoom: 1 };
  drift = true;
  /** Share of the height of the picture that nothing covers. */
  free = 1;
  private yaw = FIRST_YAW;
  private pitch = FIRST_PITCH;
  private zoom = 1;
  private readonly middle = [0, 0, 0];
  private spread = 0;
  private panX = 0;
  private panY = 0;
  private idleFor = DRIFT_AFTER_S;
  private swayed = 0;
  private chase = 0;
  private chasing = false;
  private readonly chaseEye = [0, 0, 0];
  private readonly chaseAim = [0, 0, 0];
  private sinceFirst = 0;

  constructor(readonly camera: PerspectiveCamera) {
    camera.fov = FIELD_OF_VIEW;
    this.place();
  }

  get distance(): number {
    const half = Math.tan(((FIELD_OF_VIEW / 2) * Math.PI) / 180);
    const narrow = Math.min(1, this.camera.aspect / 1.25);
    return (this.radius * this.zoom) / (half * narrow * this.free);
  }

  /** Of the part of the world that is in the picture; before the first flock any will do. */
  get radius(): number {
    return (this.spread || 1) * FILL;
  }

  orbit(dx: number, dy: number): void {
    this.pose.yaw -= dx * 0.005;
    this.pose.pitch = clamp(this.pose.pitch + dy * 0.005, -MAX_PITCH, MAX_PITCH);
    this.idleFor = 0;
  }

  /** Moves the picture by pixels of a canvas that is `height` high. */
  pan(dx: number, dy: number, height: number): void {
    const perPixel = 2 / height / this.zoom;
    this.panX = clamp(this.panX - dx * perPixel * this.zoom, -2, 2);
    this.panY = clamp(this.panY + dy * perPixel * this.zoom, -2, 2);
    this.idleFor = 0;
  }

  dolly(steps: number): void {
    this.pose.zoom = clamp(this.pose.zoom * Math.exp(steps * 0.12), MIN_ZOOM, MAX_ZOOM);
    this.idleFor = 0;
  }

  /** Is there at once; `reset` goes there. */
  setPose(pose: CameraPose): void {
    this.pose.yaw = this.yaw = pose.yaw;
    this.pose.pitch = this.pitch = clamp(pose.pitch, -MAX_PITCH, MAX_PITCH);
    this.pose.zoom = this.zoom = clamp(pose.zoom, MIN_ZOOM, MAX_ZOOM);
    this.place();
  }

  reset(): void {
    // The shortest way round, not all the turns that the drift has made.
    const turn = Math.PI * 2;
    this.yaw -= turn * Math.round(this.yaw / turn);
    Object.assign(this.pose, { yaw: FIRST_YAW, pitch: FIRST_PITCH, zoom: 1 });
    this.panX = 0;
    this.panY = 0;
  }

  /** Starts over with the next survey: another unit, another flock. */
  forget(): void {
    this.spread = 0;
    this.sinceFirst = 0;
  }

  setChasing(on: boolean): void {
    this.chasing = on;
  }

  /** Moves the camera by dt seconds; true while it is still on its way. */
  update(dt: number, survey: Survey, quarry: Quarry | null, running: boolean): boolean {
    const moved = this.approachFlock(dt, survey) + this.approachHand(dt, running);
    this.updateChase(dt, quarry);
    this.place();
    return moved > STILL || (this.chase > 0.001 && this.chase < 0.999) || (this.chasing && running);
  }

  /** Without a flock only the hand moves the camera; true while it is still on its way. */
  updateEmpty(dt: number): boolean {
    const moved = this.approachHand(dt, false);
    this.place();
    return moved > STILL;
  }

  private approachFlock(dt: number, survey: Survey): number {
    if (this.spread === 0) {
      this.spread = survey.spread;
      this.middle[0] = survey.x;
      this.middle[1] = survey.y;
      this.middle[2] = survey.z;
      return 1;
    }
    this.sinceFirst += dt;
    const k = 1 - Math.exp(-dt * (this.sinceFirst < 2 ? FIRST_FRAME_RATE : FRAME_RATE));
    const before = this.spread;
    this.spread += (survey.spread - this.spread) * k;
    const gone = approach(this.middle, survey.x, survey.y, survey.z, k);
    return (Math.abs(this.spread - before) + gone) / this.spread;
  }

  private approachHand(dt: number, running: boolean): number {
    this.idleFor += dt;
    if (this.drift && running && this.idleFor > DRIFT_AFTER_S) {
      const ease = Math.min(1, (this.idleFor - DRIFT_AFTER_S) / 3);
      this.swayed += dt;
      this.pose.yaw += DRIFT * dt * ease * Math.cos((this.swayed / SWAY_S) * Math.PI * 2);
    }
    const k = 1 - Math.exp(-dt * HAND_RATE);
    const dyaw = (this.pose.yaw - this.yaw) * k;
    const dpitch = (this.pose.pitch - this.pitch) * k;
    const dzoom = (this.pose.zoom - this.zoom) * k;
    this.yaw += dyaw;
    this.pitch += dpitch;
    this.zoom += dzoom;
    return Math.abs(dyaw) + Math.abs(dpitch) + Math.abs(dzoom);
  }

  private updateChase(dt: number, quarry: Quarry | null): void {
    const goal = this.chasing && quarry ? 1 : 0;
    this.chase += (goal - this.chase) * (1 - Math.exp(-dt * 2.2));
    if (this.chase < 0.001 && goal === 0) this.chase = 0;
    if (!quarry) return;
    const speed = Math.hypot(quarry.vx, quarry.vy, quarry.vz) || 1;
    const hx = quarry.vx / speed;
    const hy = quarry.vy / speed;
    const hz = quarry.vz / speed;
    const back = 2.4 * this.zoom;
    // A fresh chase starts at the bird; a running one follows with a little lag, as a kite does.
    const k = this.chase < 0.02 ? 1 : 1 - Math.exp(-dt * CHASE_RATE);
    const rise = 0.8 * this.zoom;
    approach(
      this.chaseEye,
      quarry.x - hx * back,
      quarry.y - hy * back * 0.6 + rise,
      quarry.z - hz * back,
      k,
    );
    const swift = this.chase < 0.02 ? 1 : 1 - Math.exp(-dt * CHASE_RATE * 3);
    approach(this.chaseAim, quarry.x + hx, quarry.y + hy, quarry.z + hz, swift);
  }

  private place(): void {
    const { camera, middle, chase, chaseEye, chaseAim } = this;
    const r = this.distance;
    const level = Math.cos(this.pitch) * r;
    const mx = middle[0] ?? 0;
    const my = middle[1] ?? 0;
    const mz = middle[2] ?? 0;
    const sx = Math.sin(this.yaw);
    const sz = Math.cos(this.yaw);
    const px = this.panX * this.radius;
    const ox = mx + sz * px;
    const oy = my + this.panY * this.radius;
    const oz = mz - sx * px;
    const ease = chase * chase * (3 - 2 * chase);
    camera.position.set(
      lerp(ox + sx * level, chaseEye[0] ?? 0, ease),
      lerp(oy + Math.sin(this.pitch) * r, chaseEye[1] ?? 0, ease),
      lerp(oz + sz * level, chaseEye[2] ?? 0, ease),
    );
    camera.lookAt(
      lerp(ox, chaseAim[0] ?? 0, ease),
      lerp(oy, chaseAim[1] ?? 0, ease),
      lerp(oz, chaseAim[2] ?? 0, ease),
    );
    camera.near = Math.max(0.02, Math.min(r * 0.02, 0.2));
    camera.far = r * 4 + this.spread * 12;
    camera.updateProjectionMatrix();
    camera.updateMatrixWorld();
  }
}

function approach(at: number[], x: number, y: number, z: number, k: number): number {
  const dx = (x - (at[0] ?? 0)) * k;
  const dy = (y - (at[1] ?? 0)) * k;
  const dz = (z - (at[2] ?? 0)) * k;
  at[0] = (at[0] ?? 0) + dx;
  at[1] = (at[1] ?? 0) + dy;
  at[2] = (at[2] ?? 0) + dz;
  return Math.abs(dx) + Math.abs(dy) + Math.abs(dz);
}

function lerp(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
