/**
 * mqtt.js parses inside the writable that the socket is piped into; what it throws there would end the process. So what
 * comes is looked at before, and what is thrown is caught.
 */
import type { Socket } from 'node:net';
import { reasonOf } from '../model/errors.ts';
import type { PacketGuard } from './packet-guard.ts';

export interface ParserEnds {
  /** Nothing more is to be parsed. */
  readonly isOver: () => boolean;
  readonly onBroken: (complaint: string) => void;
}

interface WriteHook {
  _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void;
}

/** The socket, whose `pipe` guards what it is piped into. */
export function guardParser(socket: Socket, guard: PacketGuard, ends: ParserEnds): Socket {
  const pipe = socket.pipe.bind(socket);
  socket.pipe = (target, options) => {
    const parser: NodeJS.WritableStream & Partial<WriteHook> = target;
    const parse = parser._write?.bind(parser);
    parser._write = (chunk, encoding, done) => {
      const { rest, complaint } = guard.sift(chunk);
      if (complaint !== undefined) ends.onBroken(complaint);
      if (ends.isOver()) return;
      if (rest.length === 0) return done();
      try {
        parse?.(rest, encoding, done);
      } catch (error) {
        ends.onBroken(reasonOf(error));
      }
    };
    return pipe(target, options);
  };
  return socket;
}
