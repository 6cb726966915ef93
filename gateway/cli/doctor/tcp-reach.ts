/** Whether somebody takes connections at a port. */
import { connect } from 'node:net';
import { later, type Millis, seconds } from '../../model/units.ts';
import type { Call } from '../verb.ts';

const PATIENCE: Millis = seconds(5);

/** Resolves when a connection was taken; it is closed again. Rejects with the system's reason, or the signal's. */
export function reach(
  { clock, signal }: Pick<Call, 'clock' | 'signal'>,
  host: string,
  port: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const end = (settle: () => void) => {
      cancel();
      socket.destroy();
      settle();
    };
    const cancel = clock.at('doctor.reach', later(clock.mono(), PATIENCE), () =>
      end(() => reject(new Error(`no connection within ${PATIENCE} ms`))),
    );
    signal.addEventListener('abort', () => end(() => reject(signal.reason)), { once: true });
    socket.once('connect', () => end(resolve));
    socket.once('error', (error) => end(() => reject(error)));
  });
}

/** The host and port of a URL; an IPv6 address without its brackets. */
export function placeOf(
  url: string,
  usual: number,
): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? usual : Number(port) };
}
