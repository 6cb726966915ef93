/** The door for writes as the gateway has it: the site's tags, buses, ledger, and all who may want something. */
import type { DeviceConfig, Site } from '../config/site.ts';
import type { CommandEffect, InterlockEffect } from '../rules/effect.ts';
import type { Truth } from '../rules/expression.ts';
import { type BoxDesk, boxDesk } from './command/box-desk.ts';
import { CommandDesk } from './command/command-desk.ts';
import type { Ledger } from './command/ledger.ts';
import type { WritableTag } from './command/open-command.ts';
import { RemoteDoor } from './command/remote-door.ts';
import { busByDevice, busByTag } from './field-buses.ts';
import type { Clock } from './host/clock.ts';
import type { Log } from './host/log.ts';
import type { Random } from './model/backoff.ts';
import type { CommandOutcome } from './model/command.ts';
import type { CommandReply, CommandRequest, RefusedCommands } from './model/remote-command.ts';
import type { Sample, TagId } from './model/sample.ts';
import type { FieldBus } from './poll/bus-facts.ts';

export interface CommandParts {
  readonly site: Pick<Site, 'gateway' | 'devices' | 'commands'>;
  readonly buses: readonly FieldBus[];
  readonly ledger: Ledger;
  readonly latest: (tag: TagId) => Sample | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  /** Told how a command of a rule ended; `unsent`: its value was unknown. */
  readonly onRuleEnd: (command: string, outcome: CommandOutcome | 'unsent') => void;
}

export class Commands {
  readonly desk: CommandDesk;
  readonly box: BoxDesk;
  readonly #remote: RemoteDoor;
  readonly #parts: CommandParts;
  readonly #permits = new Map<TagId, Truth>();

  constructor(parts: CommandParts) {
    const { site, buses, ledger, latest, clock, log, random } = parts;
    this.#parts = parts;
    const tags = site.devices.flatMap(writableTags);
    const policies = new Map(tags.map(({ tag, policy }) => [String(tag.id), policy]));
    const busOf = busByDevice(buses);
    const busOfTag = busByTag(site, buses);
    this.desk = new CommandDesk({
      ...{ tags, clock, log, random, ledger, latest },
      field: {
        busOf: (device) => busOf.get(device),
        expect: (device) => busOf.get(device)?.expect?.(device),
        reread: (tag) => busOfTag.get(tag)?.reread(tag),
      },
      permit: (tag) => (policies.get(tag)?.hasInterlock ? this.#permits.get(tag) : true),
    });
    this.box = boxDesk(this.desk, tags);
    this.#remote = new RemoteDoor({
      ...{ gateway: site.gateway.id, policy: site.commands, clock, log, desk: this.desk },
      history: () => ledger.history(),
      tag: (id) => policies.get(id),
      recall: (id) => this.desk.recall(id),
      audit: (entry) => this.desk.noteRemote(entry),
    });
  }

  /** Whether the interlock of a tag is met, as the rules have found. */
  interlock({ tag, isMet }: InterlockEffect): void {
    this.#permits.set(tag, isMet);
    this.desk.interlockChanged(tag);
  }

  /** What a rule wants. Never waits; how it ended is told. */
  fromRule({ id, rule, tag, value, isRelease, hold, causes }: CommandEffect): void {
    const { onRuleEnd } = this.#parts;
    if (value === null && !isRelease) {
      onRuleEnd(id, 'unsent');
      return;
    }
    const wish =
      value === null ? ({ kind: 'release' } as const) : ({ kind: 'write', value } as const);
    void this.desk
      .submit({
        ...{ id, origin: 'rule', by: rule, tag, wish, causes },
        ...{ hold: hold ?? 'released', expires: undefined },
      })
      .then(({ outcome }) => onRuleEnd(id, outcome));
  }

  fromUpstream(request: CommandRequest, answer: (reply: CommandReply) => void): void {
    this.#remote.take(request, answer);
  }

  /** Messages that were refused before anybody looked at them. */
  refusedUpstream(refused: RefusedCommands): void {
    this.#remote.note(refused);
  }
}

const writableTags = ({ tags }: DeviceConfig): readonly WritableTag[] =>
  tags.flatMap(({ tag, address, access, write }) =>
    write ? [{ tag, address, policy: write, isRead: access !== 'write' }] : [],
  );
