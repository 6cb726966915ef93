/** Pins in memory: a test moves the inputs at moments of its own and sees what the outputs are driven to. */
import type {
  Bias,
  ChipInfo,
  GpioBackend,
  InputWatcher,
  OnChipLost,
} from '../../drivers/gpio/backend.ts';
import type { Clock } from '../../gateway/host/clock.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import { type MonoMs, millis } from '../../gateway/model/units.ts';

export interface ScriptedPins extends GpioBackend {
  /** Moves an input now, or says that it moved at another moment. */
  move(offset: number, isHigh: boolean, at?: MonoMs): void;
  readonly driven: ReadonlyMap<number, boolean>;
  /** `22=1 @1000`, oldest first. */
  readonly history: readonly string[];
  readonly biases: ReadonlyMap<number, Bias>;
  /** Why lines are refused, for as long as they are. */
  readonly refusals: Map<number, string>;
  /** Levels that can be seen without taking the line. */
  readonly visible: Map<number, boolean>;
  lose(offset: number): void;
  loseChip(): void;
  readonly isClosed: boolean;
  onChipLost: OnChipLost;
}

export function scriptedPins(clock: Clock): ScriptedPins {
  const levels = new Map<number, boolean>();
  const inputs = new Map<number, InputWatcher>();
  const outputs = new Map<number, (error: Error) => void>();
  const driven = new Map<number, boolean>();
  const biases = new Map<number, Bias>();
  const refusals = new Map<number, string>();
  const visible = new Map<number, boolean>();
  const history: string[] = [];
  const lines = Array.from({ length: 28 }, (_, offset) => ({ offset, name: `GPIO${offset}` }));
  const info: ChipInfo = { name: 'gpiochip0', label: 'scripted', lines };
  let isClosed = false;
  const check = (line: number) => {
    const reason = refusals.get(line);
    if (reason) throw new GatewayError('gpio.line-refused', { chip: info.name, line, reason });
  };
  const drive = (offset: number, isHigh: boolean) => {
    driven.set(offset, isHigh);
    history.push(`${offset}=${isHigh ? 1 : 0} @${clock.mono()}`);
  };
  return {
    name: 'scripted',
    switching: millis(0),
    async open() {
      isClosed = false;
      return info;
    },
    async input(offset, bias, watcher) {
      check(offset);
      biases.set(offset, bias);
      inputs.set(offset, watcher);
      return levels.get(offset) ?? false;
    },
    async output(offset, isHigh, onLost) {
      check(offset);
      outputs.set(offset, onLost);
      drive(offset, isHigh);
    },
    async set(offset, isHigh) {
      check(offset);
      if (!outputs.has(offset)) throw new Error('not taken');
      drive(offset, isHigh);
    },
    async peek(offset) {
      return visible.get(offset);
    },
    async release(offset) {
      inputs.delete(offset);
      outputs.delete(offset);
    },
    async close() {
      isClosed = true;
      inputs.clear();
      outputs.clear();
    },
    move(offset, isHigh, at = clock.mono()) {
      levels.set(offset, isHigh);
      inputs.get(offset)?.edge(isHigh, at);
    },
    driven,
    history,
    biases,
    refusals,
    visible,
    lose(offset) {
      const error = new GatewayError('gpio.line-lost', {
        chip: info.name,
        line: offset,
        reason: 'scripted',
      });
      const taken = [inputs.get(offset)?.lost, outputs.get(offset)];
      inputs.delete(offset);
      outputs.delete(offset);
      for (const lost of taken) lost?.(error);
    },
    loseChip() {
      this.onChipLost(new Error('unplugged'));
    },
    get isClosed() {
      return isClosed;
    },
    onChipLost() {},
  };
}
