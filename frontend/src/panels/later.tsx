import { type ComponentType, createElement, type ReactNode, useEffect, useState } from "react";

/**
 * A component whose code is fetched when it is first shown. Not React's own lazy: what that shows afterwards has the
 * least priority, and on a busy machine a window that draws all the time never comes to it.
 */
export function later<P extends object>(
  load: () => Promise<ComponentType<P>>,
  fail: (error: unknown) => ReactNode,
): ComponentType<P> {
  let known: ComponentType<P> | null = null;
  return function Later(props: P) {
    const [shown, setShown] = useState<{ it: ComponentType<P> | null; error: unknown }>({
      it: known,
      error: null,
    });
    useEffect(() => {
      if (known) return;
      let wanted = true;
      load().then(
        (it) => {
          known = it;
          if (wanted) setShown({ it, error: null });
        },
        (error) => wanted && setShown({ it: null, error }),
      );
      return () => {
        wanted = false;
      };
    }, []);
    if (shown.error !== null) return fail(shown.error);
    return shown.it && createElement(shown.it, props);
  };
}
