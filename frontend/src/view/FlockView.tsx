import { useEffect, useRef } from "react";
import { FaultError } from "../core/fault.ts";
import type { Session } from "../state/session.ts";
import { describeScene } from "../state/speech.ts";
import { SceneBinding } from "./binding.ts";
import { useApp, useSession } from "./context.ts";
import classes from "./FlockView.module.css";

/** Arrow keys turn the camera: radians would be finer than a finger, so these are pixels of a drag. */
const KEY_TURN = 24;

interface Props {
  /** Sizes of what lies over the canvas, in CSS pixels. */
  covered: { left: number; right: number; bottom: number };
}

/** The flock, edge to edge. React only owns the canvas; the scene draws by itself. */
export function FlockView({ covered }: Props) {
  const session = useSession();
  const canvas = useRef<HTMLCanvasElement>(null);
  const binding = useRef<SceneBinding | null>(null);
  const words = useApp(describeScene);
  const spoken = useApp((s) => s.spoken);

  useEffect(() => {
    if (!canvas.current) return;
    const made = tryBinding(session, canvas.current);
    binding.current = made;
    return () => {
      binding.current = null;
      made?.dispose();
    };
  }, [session]);

  useEffect(() => {
    binding.current?.setInsets(covered.left, covered.right, 0, covered.bottom);
  }, [covered.left, covered.right, covered.bottom]);

  return (
    <>
      <canvas
        ref={canvas}
        className={classes.canvas}
        role="img"
        tabIndex={0}
        aria-label={words}
        onKeyDown={(event) => {
          const turn = TURNS[event.key];
          if (turn) binding.current?.turn(turn[0] * KEY_TURN, turn[1] * KEY_TURN);
          if (event.key === "+" || event.key === "=") binding.current?.closer(-1);
          if (event.key === "-") binding.current?.closer(1);
        }}
      />
      <div className={classes.spoken} role="status" aria-live="polite">
        {spoken}
      </div>
    </>
  );
}

/** Null, and a message, when the webview cannot draw: everything but the picture still works. */
function tryBinding(session: Session, canvas: HTMLCanvasElement): SceneBinding | null {
  try {
    return new SceneBinding(session, canvas);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const next = "run inos doctor, which tells what the display lacks";
    session.fail(new FaultError({ kind: "unavailable", subject: "Picture", message, next }));
    return null;
  }
}

const TURNS: Record<string, readonly [number, number]> = {
  ArrowLeft: [1, 0],
  ArrowRight: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};
