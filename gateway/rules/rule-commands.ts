/** Writes of rules on their way to the bus: sent once, ended with one outcome, always stored. */
import type { DeviceConfig, TagConfig } from '../../config/site.ts';
import type { Written } from '../../drivers/driver.ts';
import type { CommandEffect } from '../../rules/effect.ts';
import type { Clock } from '../host/clock.ts';
import { timeBasisOf } from '../host/stamp.ts';
import type { Sample, TagId } from '../model/sample.ts';
import { between } from '../model/units.ts';
import type { FieldBus } from '../poll/bus-facts.ts';
import {
  COMMAND_OUTCOMES,
  type CommandEnd,
  commandSample,
  type RuleCommandOutcome,
} from './rule-events.ts';

export interface RuleCommandsOptions {
  readonly devices: readonly DeviceConfig[];
  /** The bus of a device; undefined: there is none. */
  readonly busOf: (device: string) => Pick<FieldBus, 'write'> | undefined;
  readonly clock: Clock;
  /** Takes the story of each command, to be stored at once. */
  readonly store: (events: readonly Sample[]) => void;
  readonly onEnd: (command: string, outcome: RuleCommandOutcome) => void;
}

export class RuleCommands {
  readonly #options: RuleCommandsOptions;
  readonly #writable: ReadonlyMap<TagId, { readonly device: string; readonly tag: TagConfig }>;
  readonly #ended = new Map<RuleCommandOutcome, number>();

  constructor(options: RuleCommandsOptions) {
    this.#options = options;
    this.#writable = new Map(
      options.devices.flatMap(({ name, tags }) =>
        tags
          .filter(({ access = 'read' }) => access !== 'read')
          .map((tag) => [tag.tag.id, { device: name, tag }] as const),
      ),
    );
  }

  /** Never waits; how it ended is told and stored. */
  send(effect: CommandEffect): void {
    const { clock } = this.#options;
    const began = clock.mono();
    const end = ({ outcome, code }: Pick<CommandEnd, 'outcome' | 'code'>) =>
      this.#end(effect, { outcome, code, tookMs: between(began, clock.mono()) });
    const { tag, value } = effect;
    if (value === null) {
      end({ outcome: 'unsent' });
      return;
    }
    const target = this.#writable.get(tag);
    const bus = target && this.#options.busOf(target.device);
    if (!target || !bus) {
      end({ outcome: 'failed', code: 'poll.not-writable' });
      return;
    }
    const { tag: config, address } = target.tag;
    void bus
      .write(target.device, { tag: config, address, value })
      .then(({ outcome, refusal }: Written) => end({ outcome, code: refusal?.code }));
  }

  /** By outcome, since the start. */
  counts(): Readonly<Record<RuleCommandOutcome, number>> {
    const count = (outcome: RuleCommandOutcome) => [outcome, this.#ended.get(outcome) ?? 0];
    return Object.fromEntries(COMMAND_OUTCOMES.map(count));
  }

  #end(effect: CommandEffect, end: CommandEnd): void {
    const { clock, store, onEnd } = this.#options;
    this.#ended.set(end.outcome, (this.#ended.get(end.outcome) ?? 0) + 1);
    onEnd(effect.id, end.outcome);
    store([commandSample(effect, end, timeBasisOf(clock))]);
  }
}
