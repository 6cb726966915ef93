/**
 * Numbers that carry their unit in the type. A wall-clock time, a monotonic time and a length of
 * time are three different things; mixing them up is a compile error.
 */
declare const unit: unique symbol;
type Branded<Unit extends string> = number & { readonly [unit]: Unit };

/** A length of time in milliseconds; may have a fraction. */
export type Millis = Branded<'ms'>;
/** Wall-clock time, milliseconds since 1970-01-01T00:00:00Z. Steps when the clock is set. */
export type UtcMs = Branded<'utc-ms'>;
/** Monotonic time, milliseconds since an arbitrary start. Never steps, never runs backwards. */
export type MonoMs = Branded<'mono-ms'>;
/** An amount of storage or traffic in bytes. */
export type Bytes = Branded<'bytes'>;

export const millis = (value: number): Millis => value as Millis;
export const seconds = (value: number): Millis => (value * 1000) as Millis;
export const minutes = (value: number): Millis => (value * 60_000) as Millis;
export const utcMs = (value: number): UtcMs => value as UtcMs;
export const monoMs = (value: number): MonoMs => value as MonoMs;
export const bytes = (value: number): Bytes => value as Bytes;

/** The moment `by` after `at`. */
export const later = (at: MonoMs, by: Millis): MonoMs => (at + by) as MonoMs;
/** The time from `from` to `to`; negative when `to` is the earlier one. */
export const between = (from: MonoMs, to: MonoMs): Millis => (to - from) as Millis;
