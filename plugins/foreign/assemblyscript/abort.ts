// Extism offers no `abort`; a module brings its own (the package's README).
export function quietAbort(_m: string | null, _f: string | null, _l: u32, _c: u32): void {}
