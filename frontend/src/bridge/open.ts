import { FaultError } from "../core/fault.ts";
import "./globals.ts";
import { type Host, windowHost } from "./host.ts";
import { type Boot, boundProgram, type Program } from "./program.ts";
import { SharedSource } from "./shared.ts";
import { type FrameSource, NO_ENTRY } from "./source.ts";
import { type Socket, StreamSource } from "./stream.ts";
import { type TornMode, tornCheck } from "./torn.ts";

/** Everything the page has of the world outside. */
export interface Bridge {
  program: Program;
  boot: Boot;
  source: FrameSource;
  host: Host;
  /** Why frames come by stream; empty when they do not. */
  whyStream: string;
}

/** Connects to the program; rejects with a FaultError that can be shown. */
export async function openBridge(): Promise<Bridge> {
  const program = await findProgram();
  const boot = await program.boot();
  const { source, whyStream } = openSource(boot);
  const bridge = { program, boot, source, host: windowHost(), whyStream };
  offerTornCheck(bridge);
  return bridge;
}

async function findProgram(): Promise<Program> {
  const app = window.go?.main?.App;
  if (app) return boundProgram(app);
  if (import.meta.env.DEV) {
    const { demoProgram } = await import("./demo/demo.ts");
    return demoProgram();
  }
  throw new FaultError({
    kind: "unavailable",
    subject: "This page",
    message: "it is the window of INOS and was opened without the program behind it",
    next: "start inos",
  });
}

function openSource(boot: Boot): { source: FrameSource; whyStream: string } {
  if (boot.framePath === "stream") return { source: openStream(boot), whyStream: boot.whyStream };
  const reason = { text: "the window's web process has no shared memory" };
  const source = openShared(reason);
  if (source) return { source, whyStream: "" };
  return { source: openStream(boot), whyStream: reason.text };
}

function openShared(reason: { text: string }): SharedSource | null {
  const memory = window.__inos;
  if (!memory || !(memory.kernel instanceof ArrayBuffer)) return null;
  try {
    return new SharedSource(memory);
  } catch (error) {
    reason.text = `the shared memory was refused: ${error instanceof Error ? error.message : error}`;
    return null;
  }
}

function openStream(boot: Boot): StreamSource {
  const url = `${boot.streamUrl}?token=${encodeURIComponent(boot.streamToken)}`;
  return new StreamSource({
    // The browser's socket hands out Event objects; only `data` of them is read.
    connect: () => new WebSocket(url) as unknown as Socket,
    later: (run, ms) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  });
}

/** What the end-to-end tests call in the page. */
function offerTornCheck({ boot, source }: Bridge): void {
  window.inosTornCheck = async (frames, mode: TornMode, entry = NO_ENTRY, path = source.path) => {
    const own = path === "shared" ? openShared({ text: "" }) : openStream(boot);
    if (!own) throw new Error("this page has no shared memory");
    try {
      own.select(entry);
      return await tornCheck(own, frames, mode);
    } finally {
      own.close();
    }
  };
}
