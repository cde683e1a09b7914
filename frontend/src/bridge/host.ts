import "./globals.ts";

/** What the page needs from its window: the only place that asks for it. */
export interface Host {
  toggleFullScreen(): Promise<void>;
  copyText(text: string): Promise<void>;
  hidden(): boolean;
  pixelRatio(): number;
  prefersDark(): boolean;
  prefersCalm(): boolean;
  /** Each returns how to stop listening. */
  onVisibility(run: () => void): () => void;
  onKey(run: (event: KeyboardEvent) => void): () => void;
  onPreference(run: () => void): () => void;
  /** A file was dropped onto the window: what it is, or why it is no plugin. */
  onDrop(run: (offer: unknown) => void): () => void;
  /** The program tells the page something, under a name. */
  onEvent(name: string, run: (data: unknown) => void): () => void;
  /** The user came back to the window. */
  onFocus(run: () => void): () => void;
  /** Opens the system's dialog for printing. */
  print(): void;
  /** The window is about to go: last chance to save. */
  onLeave(run: () => void): () => void;
}

export function windowHost(): Host {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  return {
    toggleFullScreen,
    copyText,
    hidden: () => document.hidden,
    pixelRatio: () => window.devicePixelRatio || 1,
    prefersDark: () => dark.matches,
    prefersCalm: () => calm.matches,
    onVisibility: (run) => listen(document, "visibilitychange", run),
    onKey: (run) => listen(window, "keydown", run as (event: Event) => void),
    onPreference: (run) => {
      const stops = [listen(dark, "change", run), listen(calm, "change", run)];
      return () => {
        for (const stop of stops) stop();
      };
    },
    onDrop,
    onEvent: (name, run) => window.runtime?.EventsOn?.(name, run) ?? (() => {}),
    onFocus: (run) => listen(window, "focus", run),
    print: () => window.print(),
    onLeave: (run) => listen(window, "pagehide", run),
  };
}

function listen(target: EventTarget, type: string, run: (event: Event) => void): () => void {
  target.addEventListener(type, run);
  return () => target.removeEventListener(type, run);
}

const DROP_EVENT = "inos:dropped";

function onDrop(run: (offer: unknown) => void): () => void {
  // The system hands the file to the program; the page must not open it in its own place.
  const keep = (event: Event) => event.preventDefault();
  const stops = [
    listen(window, "dragover", keep),
    listen(window, "drop", keep),
    window.runtime?.EventsOn?.(DROP_EVENT, run) ?? (() => {}),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

async function toggleFullScreen(): Promise<void> {
  const { runtime } = window;
  if (runtime?.WindowIsFullscreen) {
    if (await runtime.WindowIsFullscreen()) runtime.WindowUnfullscreen?.();
    else runtime.WindowFullscreen?.();
    return;
  }
  if (document.fullscreenElement) await document.exitFullscreen();
  else await document.documentElement.requestFullscreen();
}

async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // The webview may refuse the clipboard API; the old way needs a selected field.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}
