/** A server of the simulated field: what a site names there, and a robot cell where it means one. */
import type { Clock } from '../../gateway/host/clock.ts';
import type { Log } from '../../gateway/host/log.ts';
import { type NamedNode, namedNodes } from './named-nodes.ts';
import { type RobotCell, robotCell } from './robot-cell.ts';
import { type SimulatedOpcuaServer, startOpcuaServer } from './server.ts';

export interface PlayedServerSetting {
  /** A free one when left out or 0. */
  readonly port?: number;
  readonly robotCell?: boolean;
  readonly nodes?: readonly NamedNode[];
  readonly seed: number;
}

export interface PlayedServer {
  readonly server: SimulatedOpcuaServer;
  readonly cell: RobotCell | undefined;
}

/** Starts it on 127.0.0.1. */
export async function playServer(
  { robotCell: hasCell = false, nodes = [], ...options }: PlayedServerSetting,
  clock: Clock,
  log: Log,
): Promise<PlayedServer> {
  const cell = hasCell ? robotCell() : undefined;
  // The cell first: what it has is not made again.
  const contents = [...(cell ? [cell.content] : []), namedNodes(nodes)];
  return { server: await startOpcuaServer({ ...options, contents }, clock, log), cell };
}
