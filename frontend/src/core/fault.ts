/** What went wrong, in the words of the program: what, why, and what the user can do next. */
export interface Fault {
  kind: string;
  /** The thing it happened to: a unit, a file, a parameter. */
  subject: string;
  message: string;
  next: string;
  /** Bytes that were asked for; only with kind "budget". */
  needed?: number;
  /** Bytes that the arena may hold; only with kind "budget". */
  limit?: number;
}

/** A Fault that travels as an exception. */
export class FaultError extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(`${fault.subject}: ${fault.message}`);
    this.name = "FaultError";
    this.fault = fault;
  }
}

export function faultOf(error: unknown): Fault {
  if (error instanceof FaultError) return error.fault;
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "internal", subject: "window", message, next: "" };
}
