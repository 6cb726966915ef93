/** Whether the primary host is online, from its STATE messages (§5, §6). */

export type HostNews = 'online' | 'offline';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Undefined: nothing that a host of Sparkplug 3.0 says. */
export function readState(
  payload: Uint8Array,
): { readonly online: boolean; readonly timestamp: number | undefined } | undefined {
  let said: unknown;
  try {
    said = JSON.parse(UTF8.decode(payload));
  } catch {
    return undefined;
  }
  if (typeof said !== 'object' || said === null || !('online' in said)) return undefined;
  const timestamp = 'timestamp' in said ? said.timestamp : undefined;
  if (typeof said.online !== 'boolean') return undefined;
  if (timestamp !== undefined && typeof timestamp !== 'number') return undefined;
  return { online: said.online, timestamp };
}

/** On one connection: an older message is the late will of an earlier session of the host. */
export class PrimaryHost {
  #newest = Number.NEGATIVE_INFINITY;
  #isOnline = false;

  /** What changed; undefined: nothing. */
  take(payload: Uint8Array): HostNews | undefined {
    const state = readState(payload);
    if (state === undefined) return undefined;
    const { online, timestamp = this.#newest } = state;
    if (timestamp < this.#newest) return undefined;
    this.#newest = timestamp;
    if (online === this.#isOnline) return undefined;
    this.#isOnline = online;
    return online ? 'online' : 'offline';
  }
}
