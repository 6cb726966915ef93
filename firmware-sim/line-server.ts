/**
 * A transparent serial server in front of a line: bytes from any connection go on the wire at its
 * baud rate, bytes from the wire go to every connection.
 */
import type { SimulatedLine } from './line.ts';
import { type ListenAddress, type Listener, listen } from './listener.ts';

/** Serves a line as RTU over TCP. Rejects with `sim.port-taken`. */
export function serveLine(line: SimulatedLine, address: ListenAddress): Promise<Listener> {
  return listen(address, (socket) => {
    const endpoint = line.endpoint();
    socket.on('data', (bytes) => endpoint.write(bytes));
    socket.on('close', () => endpoint.close());
    endpoint.onData((bytes) => socket.write(bytes));
  });
}
