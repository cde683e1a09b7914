/** A fixed number of the newest samples of one figure; never allocates after construction. */
export class History {
  private readonly values: Float64Array;
  private readonly sorted: Float64Array;
  private next = 0;
  private filled = 0;

  constructor(readonly capacity: number) {
    this.values = new Float64Array(capacity);
    this.sorted = new Float64Array(capacity);
  }

  get length(): number {
    return this.filled;
  }

  push(value: number): void {
    this.values[this.next] = value;
    this.next = (this.next + 1) % this.capacity;
    this.filled = Math.min(this.filled + 1, this.capacity);
  }

  clear(): void {
    this.next = 0;
    this.filled = 0;
  }

  /** Oldest first. */
  at(index: number): number {
    const start = this.next - this.filled + this.capacity;
    return this.values[(start + index) % this.capacity] ?? Number.NaN;
  }

  /** Value that the share q (0 to 1) of the samples does not exceed; NaN when empty. */
  quantile(q: number): number {
    if (this.filled === 0) return Number.NaN;
    const { sorted } = this;
    sorted.set(this.values);
    sorted.fill(Infinity, this.filled);
    sorted.sort();
    return sorted[Math.min(this.filled - 1, Math.floor(q * this.filled))] ?? Number.NaN;
  }
}
