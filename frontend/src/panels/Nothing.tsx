import { useSession } from "../view/context.ts";
import classes from "./Nothing.module.css";

/** Shown over the empty sky when no live unit runs. */
export function Nothing() {
  const session = useSession();
  const [first] = session.units;
  return (
    <div className={classes.card}>
      <h2>Nothing flies yet</h2>
      <p>
        {first
          ? `The unit ${first.name} could not be started. The message above says why.`
          : "A live unit comes with a plugin. Put its .wasm file into the plugins folder of INOS and start the window again."}
      </p>
      {first && (
        <button
          type="button"
          onClick={() => session.startUnit(first.name).catch((error) => session.fail(error))}
        >
          Try again
        </button>
      )}
    </div>
  );
}
