/** The contract between a simulated server and what it serves. */
import type { Clock } from '../../gateway/host/clock.ts';
import { later, type Millis, type MonoMs } from '../../gateway/model/units.ts';
import type { Moment } from '../process.ts';
import type { ServedVariable } from './served-variable.ts';
import type { AddressSpace, BaseNode, Namespace } from './stack.ts';

/** A part of an address space. It is built anew at every start of its server. */
export interface ServerContent {
  /** The URIs of its own namespaces. */
  readonly namespaces: readonly string[];
  /** Companion specifications it needs, loaded in this order. */
  readonly nodesets?: readonly Nodeset[];
  build(place: ContentPlace): void | Promise<void>;
}

export type Nodeset = 'di' | 'ia' | 'machinery' | 'robotics';

/** Where a content is built; everything given to it ends with the server's current run. */
export interface ContentPlace {
  readonly space: AddressSpace;
  readonly clock: Clock;
  readonly seed: number;
  namespace(uri: string): Namespace;
  /** Makes a variable known by its name: to faults, to the log of what was published, and to tests. */
  serve(variable: ServedVariable): void;
  /** What is served at this node. */
  served(node: BaseNode): ServedVariable | undefined;
  /** What a restart does not set back (`elapsed`), and what it does (`uptime`). */
  moment(): Moment;
  /** Runs once now and then again and again, for as long as the server runs. */
  every(period: Millis, run: () => void): void;
}

/** Runs `run` once a `period`, on a grid that begins with `from`, until cancelled. */
export function rhythm(clock: Clock, from: MonoMs, period: Millis, run: () => void): () => void {
  let due = from;
  const next = () => {
    due = later(due, period);
    return clock.at('sim.opcua', due, turn);
  };
  const turn = () => {
    cancel = next();
    run();
  };
  let cancel = next();
  return () => cancel();
}
