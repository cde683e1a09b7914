import { SCENE, type Scheme } from "../core/theme.ts";
import { Stage } from "../scene/stage.ts";
import type { SceneControl } from "../state/sceneControl.ts";
import type { Session } from "../state/session.ts";
import type { Pose } from "../state/settings.ts";
import { type AppState, isCalm, schemeOf } from "../state/store.ts";

const WHEEL_STEP = 100;
const PINCH_GAIN = 4;

/** Joins a canvas, the scene on it and the session; takes the pointer's input. */
export class SceneBinding implements SceneControl {
  private readonly stage: Stage;
  private readonly stops: (() => void)[] = [];
  private scheme: Scheme | null = null;
  private unit = "";

  constructor(
    private readonly session: Session,
    private readonly canvas: HTMLCanvasElement,
  ) {
    this.stage = new Stage({
      canvas,
      acquire: session.acquire,
      onPointer: (x, y, z, inside) => session.pointerMoved(x, y, z, inside),
      onQuality: (quality) =>
        queueMicrotask(() => session.noteQuality(quality, this.stage.software)),
    });
    const { camera } = session.store.getState().settings;
    if (camera) this.stage.rig.setPose(camera);
    this.listen();
    this.stops.push(session.store.subscribe((state) => this.reflect(state)));
    this.reflect(session.store.getState());
    session.attach(this);
    this.showOrHide();
    this.stops.push(session.host.onVisibility(() => this.showOrHide()));
  }

  get meters() {
    return this.stage.meters;
  }

  follow(on: boolean): boolean {
    return this.stage.follow(on);
  }

  setPointerMode(mode: "none" | "attract" | "scare"): void {
    this.stage.setPointerMode(mode);
  }

  resetView(): void {
    this.stage.rig.reset();
    this.stage.wake();
  }

  pose(): Pose {
    return { ...this.stage.rig.pose };
  }

  forget(): void {
    this.stage.forget();
  }

  wake(): void {
    this.stage.wake();
  }

  capture(): string {
    return this.stage.capture();
  }

  turn(dx: number, dy: number): void {
    this.stage.rig.orbit(dx, dy);
    this.session.save();
    this.stage.wake();
  }

  closer(steps: number): void {
    this.stage.rig.dolly(steps);
    this.session.save();
    this.stage.wake();
  }

  /** Panels cover these parts of the canvas, in CSS pixels. */
  setInsets(left: number, right: number, top: number, bottom: number): void {
    this.stage.setInsets({ left, right, top, bottom });
  }

  dispose(): void {
    for (const stop of this.stops) stop();
    this.session.attach(null);
    this.stage.dispose();
  }

  private showOrHide(): void {
    if (this.session.host.hidden()) this.stage.stop();
    else this.stage.start();
  }

  private reflect(state: AppState): void {
    const scheme = schemeOf(state);
    if (scheme !== this.scheme) {
      this.scheme = scheme;
      this.stage.setPalette(SCENE[scheme]);
    }
    if (state.unit && state.unit.name !== this.unit) {
      this.unit = state.unit.name;
      this.stage.setLook(state.unit.look);
    }
    this.reflectChoices(state);
  }

  private last = { colouring: "", quality: "", calm: false };

  private reflectChoices(state: AppState): void {
    const { colouring, quality } = state.settings;
    const calm = isCalm(state);
    const { last } = this;
    if (colouring !== last.colouring) this.stage.setColouring(colouring);
    if (quality !== last.quality) this.stage.setQuality(quality === "auto" ? null : quality);
    if (calm !== last.calm) this.stage.setCalm(calm);
    this.last = { colouring, quality, calm };
  }

  private listen(): void {
    const resized = new ResizeObserver(() => this.resize());
    resized.observe(this.canvas);
    this.stops.push(() => resized.disconnect());
    this.on("pointerdown", (event) => this.pressed(event));
    this.on("pointermove", (event) => this.moved(event));
    this.on("pointerleave", () => this.stage.movePointer(0, 0, false));
    this.on("wheel", (event) => this.wheeled(event));
    this.on("dblclick", () => this.session.resetView());
    this.on("contextmenu", (event) => event.preventDefault());
    this.resize();
  }

  private on<K extends keyof HTMLElementEventMap>(
    type: K,
    run: (event: HTMLElementEventMap[K]) => void,
  ): void {
    this.canvas.addEventListener(type, run, { passive: false });
    this.stops.push(() => this.canvas.removeEventListener(type, run));
  }

  private resize(): void {
    const { clientWidth, clientHeight } = this.canvas;
    this.stage.resize(clientWidth, clientHeight, this.session.host.pixelRatio());
  }

  private pressed(event: PointerEvent): void {
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
  }

  private moved(event: PointerEvent): void {
    const dragging = this.canvas.hasPointerCapture(event.pointerId) && event.buttons !== 0;
    if (dragging) {
      const sideways = event.buttons !== 1 || event.shiftKey;
      if (sideways) this.stage.rig.pan(event.movementX, event.movementY, this.canvas.clientHeight);
      else this.stage.rig.orbit(event.movementX, event.movementY);
      this.session.save();
      this.stage.wake();
    }
    this.stage.movePointer(event.offsetX, event.offsetY, true);
  }

  private wheeled(event: WheelEvent): void {
    event.preventDefault();
    // A pinch arrives as a wheel with Ctrl and small steps.
    const gain = event.ctrlKey ? PINCH_GAIN : 1;
    const pixels = event.deltaMode === 0 ? event.deltaY : event.deltaY * 33;
    this.stage.rig.dolly((pixels / WHEEL_STEP) * gain);
    this.session.save();
    this.stage.wake();
  }
}
