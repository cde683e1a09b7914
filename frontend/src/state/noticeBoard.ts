import { faultOf } from "../core/fault.ts";
import { faultNotice, isAboutLifeOf, type NewNotice, withNotice } from "./notices.ts";
import type { AppStore } from "./store.ts";

const PASSING_MS = 5000;

/** What the user is told, until it passes or is dismissed. */
export class NoticeBoard {
  private count = 0;

  constructor(private readonly store: AppStore) {}

  tell(notice: NewNotice): void {
    const id = ++this.count;
    this.store.setState((s) => ({ notices: withNotice(s.notices, notice, id) }));
    if (notice.passing) setTimeout(() => this.dismiss(id), PASSING_MS);
  }

  fail(error: unknown): void {
    this.tell(faultNotice(faultOf(error)));
  }

  dismiss(id: number): void {
    this.store.setState((s) => ({ notices: s.notices.filter((n) => n.id !== id) }));
  }

  dismissLast(): boolean {
    const last = this.store.getState().notices.at(-1);
    if (last) this.dismiss(last.id);
    return !!last;
  }

  /** Those that stay true when the unit lives otherwise than they say. */
  withoutLifeOf(unit: string) {
    return this.store.getState().notices.filter((n) => !isAboutLifeOf(n, unit));
  }
}
