import { PerspectiveCamera, Scene, Vector3, WebGLRenderer } from "three";
import type { Frame, Look } from "../core/frame.ts";
import type { ScenePalette } from "../core/theme.ts";
import { Follower, nearestToCentre } from "./chase.ts";
import { type Colouring, Flock, INSTANCE_BYTES } from "./flock.ts";
import { Marker, type PointerMode } from "./marker.ts";
import { Motion } from "./motion.ts";
import { drawsInSoftware } from "./probe.ts";
import { detailFor, Governor, pixelRatioFor, type Quality } from "./quality.ts";
import { Rig } from "./rig.ts";
import { Sky } from "./sky.ts";
import { SmoothPicture } from "./smooth.ts";
import { Sun } from "./sun.ts";
import { emptySurvey, surveyFrame } from "./survey.ts";

export interface StageOptions {
  canvas: HTMLCanvasElement;
  /** Newest frame or null; called once per picture. */
  acquire: () => Frame | null;
  /** Called when the place of the pointer in the flock changed. */
  onPointer: (x: number, y: number, z: number, inside: boolean) => void;
  onQuality: (quality: Quality) => void;
}

/** Parts of the canvas that panels cover, in CSS pixels. */
export interface Insets {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Running totals; whoever shows them takes differences. */
export interface StageMeters {
  pictures: number;
  drawMs: number;
  /** Sum of the times between pictures while the loop ran. */
  intervalMs: number;
  frames: number;
  asleep: boolean;
  /** Share of the shown frame's elements that cannot be drawn. */
  lost: number;
}

/** In software mode a single picture after a change never reaches the screen; two do. */
const PICTURES_AFTER_CHANGE = 2;
const QUIET_LOOKS = 40;
const SLEEP_POLL_MS = 100;
/** Without a new frame for this long the flock stands: wings stop, the camera does not drift. */
const STANDING_MS = 300;
const ARRIVAL_S = 2.4;
const MAX_STEP_S = 0.1;
const MAX_ARRIVAL_STEP_S = 0.6;
const CALM_BEAT = 0.35;
/** Half a wing span, in perception radii; a plane has more room for each. */
const BIRD_SIZE = 0.19;
const FLAT_BIRD_SIZE = 0.36;
/** A flock of this many can be looked through; birds of bigger ones are drawn smaller. */
const CLEAR_FLOCK = 10000;
const POINT_SHARE = 0.5;
const LEAST_PIXELS = 2.1;
/** Pixels for one point of the window in a saved picture. */
const CAPTURE_RATIO = 2;

/** Draws the flock: one loop over plain data, no allocation in it, asleep when nothing moves. */
export class Stage {
  readonly meters: StageMeters = {
    pictures: 0,
    drawMs: 0,
    intervalMs: 0,
    frames: 0,
    asleep: false,
    lost: 0,
  };
  readonly rig: Rig;
  readonly software: boolean;
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera();
  private readonly smooth: SmoothPicture;
  private readonly sky: Sky;
  private readonly sun: Sun;
  private readonly flock: Flock;
  private readonly marker: Marker;
  private readonly follower = new Follower();
  private readonly motion = new Motion();
  private readonly survey = emptySurvey();
  private readonly governor: Governor;
  private readonly pointer = { x: 0, y: 0, inside: false, moved: false };
  private readonly ray = new Vector3();
  private look: Look = "birds";
  private forced: Quality | null = null;
  private shown: Quality = "full";
  private pointerMode: PointerMode = "none";
  private calm = false;
  private width = 1;
  private height = 1;
  private screenRatio = 1;
  private insets: Insets = { left: 0, right: 0, top: 0, bottom: 0 };
  private frame: Frame | null = null;
  private epoch = -1;
  private generation = -1;
  private clock = 0;
  private arrived = 0;
  private lastNow = 0;
  private lastPicture = 0;
  private lastFrameAt = -Infinity;
  private owed = PICTURES_AFTER_CHANGE;
  private unseen = PICTURES_AFTER_CHANGE;
  private quietLooks = 0;
  private running = false;
  private rested = true;
  private animation = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: StageOptions) {
    const context = openContext(options.canvas);
    this.software = drawsInSoftware(context);
    this.renderer = new WebGLRenderer({
      canvas: options.canvas,
      context,
    });
    this.smooth = new SmoothPicture(this.renderer);
    this.renderer.sortObjects = true;
    this.renderer.autoClear = true;
    this.governor = new Governor(this.software);
    this.rig = new Rig(this.camera);
    this.sky = new Sky(this.scene);
    this.sun = new Sun(this.scene);
    this.flock = new Flock(this.scene, this.software);
    this.marker = new Marker(this.scene);
    this.applyQuality();
    options.canvas.addEventListener("webglcontextrestored", this.wake);
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.rested = true;
    this.lastNow = performance.now();
    this.wake();
  }

  stop(): void {
    this.running = false;
    this.unschedule();
    this.meters.asleep = true;
  }

  /** Something changed: draw, at once if the loop is asleep. */
  readonly wake = (): void => {
    this.owed = PICTURES_AFTER_CHANGE;
    this.quietLooks = 0;
    if (this.running) this.schedule();
  };

  resize(width: number, height: number, screenRatio: number): void {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    this.screenRatio = screenRatio;
    this.fit();
  }

  setInsets(insets: Insets): void {
    this.insets = insets;
    this.fit();
  }

  setPalette(palette: ScenePalette): void {
    this.sky.paint(palette);
    this.sun.paint(palette);
    this.flock.paint(palette);
    this.marker.paint(palette);
    this.wake();
  }

  setLook(look: Look): void {
    this.look = look;
    this.flock.setLook(look);
    this.refresh();
  }

  setColouring(colouring: Colouring): void {
    this.flock.setColouring(colouring);
    this.wake();
  }

  /** Null lets the measured time of a picture decide. */
  setQuality(quality: Quality | null): void {
    this.forced = quality;
    this.applyQuality();
  }

  /** Reduced motion: no drift, wings beat slowly. */
  setCalm(calm: boolean): void {
    this.calm = calm;
    this.rig.drift = !calm;
    this.wake();
  }

  setPointerMode(mode: PointerMode): void {
    this.pointerMode = mode;
    this.pointer.moved = true;
    this.wake();
  }

  /** Pointer in CSS pixels of the canvas. */
  movePointer(x: number, y: number, inside: boolean): void {
    const { pointer } = this;
    pointer.x = x;
    pointer.y = y;
    pointer.inside = inside;
    pointer.moved = true;
    if (this.pointerMode !== "none") this.wake();
  }

  /** Follows the bird nearest to the middle of the picture; false when there is none. */
  follow(on: boolean): boolean {
    this.wake();
    this.follower.drop();
    this.rig.setChasing(false);
    if (!on || !this.frame) return false;
    const matrix = this.camera.projectionMatrix.clone().multiply(this.camera.matrixWorldInverse);
    const index = nearestToCentre(this.frame.data, this.frame.count, matrix.elements);
    if (index < 0) return false;
    this.follower.take(this.frame.data, index);
    this.rig.setChasing(true);
    return true;
  }

  get following(): boolean {
    return this.follower.active;
  }

  /** Another unit comes: the next frame is framed anew and fades in. */
  forget(): void {
    this.rig.forget();
    this.follower.drop();
    this.rig.setChasing(false);
    this.flock.hide();
    this.frame = null;
    this.epoch = -1;
    this.generation = -1;
    this.arrived = 0;
    this.wake();
  }

  /** The picture as it is now, finer than on the screen, as base64 of a PNG. */
  capture(): string {
    this.renderer.setPixelRatio(CAPTURE_RATIO);
    this.renderer.setSize(this.width, this.height, false);
    this.smooth.render(this.scene, this.camera);
    const url = this.options.canvas.toDataURL("image/png");
    if (this.shown === "light") this.smooth.rest();
    this.fit();
    return url.slice(url.indexOf(",") + 1);
  }

  dispose(): void {
    this.stop();
    this.options.canvas.removeEventListener("webglcontextrestored", this.wake);
    this.smooth.dispose();
    this.sky.dispose();
    this.sun.dispose();
    this.flock.dispose();
    this.marker.dispose();
    this.renderer.dispose();
  }

  private readonly tick = (now: number): void => {
    this.animation = 0;
    const dt = (now - this.lastNow) / 1000;
    this.lastNow = now;
    if (this.takeFrame(now)) this.owed = PICTURES_AFTER_CHANGE;
    const alive = now - this.lastFrameAt < STANDING_MS;
    if (this.advance(dt, now, alive)) this.owed = PICTURES_AFTER_CHANGE;
    if (this.owed > 0) this.picture(now);
    else this.quietLooks++;
    if (this.running) this.schedule();
  };

  /** Takes the newest frame; true when there is a new one. */
  private takeFrame(now: number): boolean {
    const frame = this.options.acquire();
    if (!frame || frame.stride !== INSTANCE_BYTES) return false;
    if (frame.epoch === this.epoch && frame.generation === this.generation) return false;
    this.motion.note(frame.data, frame.count, frame.tick, now);
    this.epoch = frame.epoch;
    this.generation = frame.generation;
    this.frame = frame;
    this.lastFrameAt = now;
    this.meters.frames++;
    this.flock.setDetail(detailFor(this.shown, frame.count, this.follower.active));
    this.flock.show(frame);
    surveyFrame(frame.data, frame.count, this.survey);
    this.meters.lost = this.survey.lost;
    this.follower.track(frame.data, frame.count);
    return true;
  }

  /** Moves camera, wings and marker on; true while something is moving. */
  private advance(dt: number, now: number, alive: boolean): boolean {
    if (!this.frame) return this.rig.updateEmpty(Math.min(dt, MAX_STEP_S));
    if (alive) this.clock += Math.min(dt, MAX_STEP_S) * (this.calm ? CALM_BEAT : 1);
    const arriving = this.arrived < 1;
    this.arrived = Math.min(1, this.arrived + Math.min(dt, MAX_ARRIVAL_STEP_S) / ARRIVAL_S);
    const quarry = this.follower.active ? this.follower.quarry : null;
    if (!quarry) this.rig.setChasing(false);
    const moving = this.rig.update(Math.min(dt, MAX_STEP_S), this.survey, quarry, alive);
    this.movePointerInFlock(now);
    this.setUniforms(now);
    return moving || arriving || (this.pointerMode !== "none" && this.pointer.inside && alive);
  }

  private setUniforms(now: number): void {
    const { uniforms } = this.flock;
    const { survey, rig } = this;
    const { position } = this.camera;
    uniforms.eye.value.copy(position);
    uniforms.middle.value.set(survey.x, survey.y, survey.z);
    uniforms.upward.value.set(0, survey.flat ? 0 : 1, survey.flat ? 1 : 0);
    uniforms.time.value = this.clock;
    this.sun.setTime(this.clock);
    uniforms.ahead.value = this.motion.ahead(now);
    uniforms.arrived.value = this.arrived;
    const away = Math.hypot(position.x - survey.x, position.y - survey.y, position.z - survey.z);
    uniforms.air.value.set(Math.max(0.5, away - rig.radius * 0.75), away + rig.radius * 1.25);
    uniforms.size.value = this.elementSize();
    const perPixel = (2 * Math.tan((this.camera.fov * Math.PI) / 360)) / this.height;
    uniforms.leastSize.value = perPixel * LEAST_PIXELS;
    uniforms.pixels.value = this.renderer.getPixelRatio() / perPixel;
    uniforms.turnScale.value = 0.8 / rig.radius;
    const range = survey.fastest - survey.slowest;
    uniforms.speeds.value.set(survey.slowest, range > 0 ? 1 / range : 0);
  }

  /**
   * Points fill a share of the room, whatever their unit is. Birds have the size of a bird, but a
   * flock is the deeper the bigger it is: light that comes through it stays about the same.
   */
  private elementSize(): number {
    const count = Math.max(1, this.frame?.count ?? 1);
    if (this.look !== "birds") return (this.rig.radius * POINT_SHARE) / Math.cbrt(count);
    if (this.survey.flat) return FLAT_BIRD_SIZE;
    return BIRD_SIZE * Math.min(1, (CLEAR_FLOCK / count) ** (1 / 6));
  }

  /** Where the pointer is in the flock: on the plane through its middle that faces the camera. */
  private movePointerInFlock(now: number): void {
    const { pointer, ray, camera, survey } = this;
    if (this.pointerMode === "none" && !pointer.moved) return;
    const { position } = camera;
    ray.set((pointer.x / this.width) * 2 - 1, 1 - (pointer.y / this.height) * 2, 0.5);
    ray.unproject(camera).sub(position).normalize();
    const e = camera.matrixWorld.elements;
    const fx = -(e[8] ?? 0);
    const fy = -(e[9] ?? 0);
    const fz = -(e[10] ?? 0);
    const along = ray.x * fx + ray.y * fy + ray.z * fz;
    const depth =
      (survey.x - position.x) * fx + (survey.y - position.y) * fy + (survey.z - position.z) * fz;
    this.marker.centre
      .copy(ray)
      .multiplyScalar(Math.max(depth, 0.5) / along)
      .add(position);
    this.marker.show(this.pointerMode, pointer.inside, this.rig.radius * 0.16, now / 1000);
    if (pointer.moved) {
      pointer.moved = false;
      const { x, y, z } = this.marker.centre;
      this.options.onPointer(x, y, z, pointer.inside);
    }
  }

  private picture(now: number): void {
    this.owed--;
    // Until now the canvas was black; the page keeps it out of sight.
    if (this.unseen > 0 && --this.unseen === 0) this.options.canvas.dataset["drawn"] = "";
    const started = performance.now();
    // Smooth edges cost a software renderer half of its pictures.
    if (this.shown === "light") this.renderer.render(this.scene, this.camera);
    else this.smooth.render(this.scene, this.camera);
    const { meters } = this;
    const interval = now - this.lastPicture;
    meters.pictures++;
    meters.drawMs += performance.now() - started;
    meters.asleep = false;
    this.quietLooks = 0;
    this.lastPicture = now;
    // After a sleep the time since the picture before says nothing about drawing.
    if (this.rested) {
      this.rested = false;
      meters.pictures--;
      return;
    }
    meters.intervalMs += interval;
    if (this.frame && this.governor.note(interval, now) && !this.forced) this.applyQuality();
  }

  private applyQuality(): void {
    this.shown = this.forced ?? this.governor.quality;
    this.smooth.rest();
    this.fit();
    this.refresh();
    this.options.onQuality(this.shown);
  }

  /** The frame is shown again, since look or detail changed. */
  private refresh(): void {
    this.generation = -1;
    this.wake();
  }

  private fit(): void {
    const { width, height, insets, camera } = this;
    const ratio = pixelRatioFor(this.shown, this.screenRatio);
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(width, height, false);
    this.sky.setFilm(this.shown !== "light", ratio);
    const dx = (insets.right - insets.left) / 2;
    const dy = (insets.bottom - insets.top) / 2;
    // The view is laid out for the free part; the offset puts its middle there.
    camera.aspect = width / height;
    this.rig.free = Math.max(0.4, (height - insets.top - insets.bottom) / height);
    camera.setViewOffset(width, height, dx, dy, width, height);
    this.wake();
  }

  private schedule(): void {
    if (this.quietLooks < QUIET_LOOKS) {
      clearTimeout(this.timer);
      this.timer = undefined;
      if (this.animation === 0) this.animation = requestAnimationFrame(this.tick);
      return;
    }
    this.meters.asleep = true;
    this.rested = true;
    this.timer ??= setTimeout(this.peek, SLEEP_POLL_MS);
  }

  /** Asleep: looks at the epoch only, and draws when it has moved. */
  private readonly peek = (): void => {
    this.timer = undefined;
    const now = performance.now();
    if (this.takeFrame(now)) {
      this.lastNow = now;
      this.wake();
    } else if (this.running) {
      this.schedule();
    }
  };

  private unschedule(): void {
    cancelAnimationFrame(this.animation);
    clearTimeout(this.timer);
    this.animation = 0;
    this.timer = undefined;
  }
}

/** Throws when the webview cannot draw at all. */
function openContext(canvas: HTMLCanvasElement): WebGL2RenderingContext {
  const context = canvas.getContext("webgl2", {
    antialias: false,
    alpha: false,
    stencil: false,
    powerPreference: "high-performance",
  });
  if (!context) throw new Error("the webview has no WebGL 2");
  return context;
}
