/** A connected socket as the stream of a line, whichever side dialled. */
import type { OnReadOpts, Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { seconds } from '../../gateway/model/units.ts';
import type { Stream, StreamEvents } from './stream-line.ts';

/** A peer that vanished without a word is noticed although nobody asks it anything. */
export const KEEP_ALIVE = seconds(10);
/**
 * Turns of the event loop after which everything the kernel held has been handed over: the turn
 * under way may be past its poll.
 */
const TURNS_TO_EMPTY = 2;

/** More comes in pieces. */
const RECEIVED_BYTES = 4_096;

/**
 * What a socket of ours is dialled with: it receives into one piece of memory, of which `events` get copies. Each of its
 * reads would take 64 KiB of its own otherwise, and give back all but some 200 bytes.
 */
export const receiving = (events: StreamEvents): OnReadOpts => ({
  buffer: Buffer.alloc(RECEIVED_BYTES),
  callback(count, memory) {
    events.data(Buffer.from(memory.subarray(0, count)));
    return true;
  },
});

/** From now on what the socket says, and its end, however it comes, are said to `events`. */
export function listenTo(socket: Socket, events: StreamEvents): void {
  socket.on('data', (bytes: Buffer) => events.data(bytes));
  listenForEnd(socket, events);
}

/** The same without what it says. */
export function listenForEnd(socket: Socket, events: StreamEvents): void {
  socket.on('error', (error) => events.lost(error));
  socket.on('end', () => events.lost(new Error('the other side ended the connection')));
  socket.on('close', () => events.lost(new Error('the connection is gone')));
}

/** The stream of a socket that is connected and listened to. */
export const streamOf = (socket: Socket): Stream => ({
  write(bytes) {
    socket.write(bytes);
  },
  async drop() {
    for (let i = 0; i < TURNS_TO_EMPTY; i++) await turn();
  },
  close() {
    return new Promise((resolve) => {
      if (socket.closed) return resolve();
      socket.once('close', () => resolve());
      socket.destroy();
    });
  },
});
