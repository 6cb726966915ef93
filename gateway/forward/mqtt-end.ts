/** How a client of mqtt.js is ended that has no connection any more. */

/** Not at once: mqtt.js may be walking through what is pending, and would trip over what its end takes away. */
export function endSoon(client: { end(isForced: boolean): unknown }): void {
  queueMicrotask(() => client.end(true));
}
