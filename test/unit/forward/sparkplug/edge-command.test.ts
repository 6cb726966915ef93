/** Commands of hosts: which requests they become, what is refused, and that no bytes do harm. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeSparkplug } from '../../../../firmware-sim/sparkplug-schema.ts';
import {
  type EdgeCommandRead,
  MOST_COMMANDS,
  readWrites,
  wantsRebirth,
} from '../../../../gateway/forward/sparkplug/edge-command.ts';
import { EdgeMailbox } from '../../../../gateway/forward/sparkplug/edge-mailbox.ts';
import { EdgeModel } from '../../../../gateway/forward/sparkplug/edge-model.ts';
import type { ReadPayload } from '../../../../gateway/forward/sparkplug/payload.ts';
import { readPayload } from '../../../../gateway/forward/sparkplug/payload-reader.ts';
import { silentLog } from '../../../../gateway/host/log.ts';
import { virtualClock } from '../../../../gateway/host/virtual-clock.ts';
import { COMMAND_ID, type CommandRequest } from '../../../../gateway/model/remote-command.ts';
import { seconds, utcMs } from '../../../../gateway/model/units.ts';
import type { UpstreamRequest } from '../../../../gateway/model/upstream.ts';
import { T0 } from '../../../support/forward-fixture.ts';
import { PLANT } from '../../../support/sparkplug-fixture.ts';

const model = new EdgeModel(PLANT, true);
const context = { gateway: 'weihai-3', uplink: 'scada', age: seconds(60), model };
const press = () => model.device('press');

function payloadOf(message: object): ReadPayload {
  const read = readPayload(encodeSparkplug(message));
  if (!read.ok) throw new Error(read.problem.en);
  return read.payload;
}

const writes = (metrics: readonly object[], timestamp: number | undefined = T0): EdgeCommandRead =>
  readWrites(payloadOf({ ...(timestamp && { timestamp }), metrics }), press(), context);
const wishes = (metrics: readonly object[]) => {
  const read = writes(metrics);
  return read.ok ? read.request.map(({ tag, wish }) => [tag, wish]) : read.problem;
};
const write = (value: unknown) => ({ kind: 'write', value });

describe('a command of a host', () => {
  it('is a request by name or alias, with the datatype it says or that of the birth', () => {
    const alias = model.of('press.pump' as never).alias;
    expect(wishes([{ name: 'pump', booleanValue: true }])).toEqual([['press.pump', write(true)]]);
    expect(wishes([{ alias, booleanValue: false }])).toEqual([['press.pump', write(false)]]);
    expect(wishes([{ name: 'oil_temp', doubleValue: 7.5 }])).toEqual([
      ['press.oil_temp', write(7.5)],
    ]);
    expect(wishes([{ name: 'oil_temp', floatValue: 0.1 }])).toEqual([
      ['press.oil_temp', write(0.1)],
    ]);
    expect(wishes([{ name: 'oil_temp', datatype: 3, intValue: 0xffff_fffb }])).toEqual([
      ['press.oil_temp', write(-5)],
    ]);
    const large = { name: 'oil_temp', datatype: 8, longValue: '18446744073709551615' };
    expect(wishes([large])).toEqual([['press.oil_temp', write('18446744073709551615')]]);
    expect(wishes([{ name: 'pump', isNull: true }])).toEqual([['press.pump', { kind: 'release' }]]);
  });

  it('that nobody knows goes on to the door, which says so', () => {
    expect(wishes([{ name: 'nothing', datatype: 11, booleanValue: true }])).toEqual([
      ['press.nothing', write(true)],
    ]);
  });

  it('is refused where its meaning is not plain', () => {
    const refused = (metric: object) => wishes([{ name: 'pump', booleanValue: true }, metric]);
    expect(refused({ booleanValue: true })).toBe('a metric without a name');
    expect(refused({ alias: 999, booleanValue: true })).toBe('a metric without a name');
    // The alias of a metric of another device.
    expect(refused({ alias: model.of('meter.energy' as never).alias, doubleValue: 1 })).toBe(
      'a metric without a name',
    );
    expect(refused({ name: 'a\u0007b', booleanValue: true })).toBe('a metric without a name');
    expect(refused({ name: 'pump', intValue: 1 })).toBe('mismatch: Boolean');
    expect(refused({ name: 'oil_temp', intValue: 0xffff_ffff })).toBe('mismatch: Double');
    expect(refused({ name: 'oil_temp', doubleValue: Number.NaN })).toBe(
      'no value that a tag can have',
    );
    expect(refused({ name: 'pump', datatype: 17, bytesValue: 'AA==' })).toBe(
      'no value that a tag can have',
    );
    expect(refused({ name: 'pump', datatype: 19, templateValue: {} })).toBe(
      'unsupported: Template',
    );
    const many = Array.from({ length: MOST_COMMANDS + 1 }, () => ({
      name: 'pump',
      booleanValue: true,
    }));
    expect(wishes(many)).toBe('more than 20 metrics');
  });

  it('is as old as its metric says, or its message; without a time it is refused', () => {
    const of = (metric: object, timestamp?: number) => {
      const read = writes([{ name: 'pump', booleanValue: true, ...metric }], timestamp);
      return read.ok ? [read.request[0]?.issued, read.request[0]?.expires] : read.problem;
    };
    expect(of({}, T0)).toEqual([T0, T0 + 60_000]);
    expect(of({ timestamp: T0 - 5 }, T0)).toEqual([T0 - 5, T0 + 59_995]);
    expect(of({ timestamp: T0 - 5 }, 0)).toEqual([T0 - 5, T0 + 59_995]);
    expect(of({}, 0)).toBe('no timestamp');
    expect(of({ timestamp: '18446744073709551615' }, T0)).toBe('no timestamp');
  });

  it('has one id however often it comes, and another for any other', () => {
    const idOf = (metric: object, timestamp = T0) => {
      const read = writes([{ name: 'pump', booleanValue: true, ...metric }], timestamp);
      return read.ok ? read.request[0]?.id : undefined;
    };
    const id = idOf({});
    expect(id).toMatch(COMMAND_ID);
    expect(idOf({})).toBe(id);
    const others = [idOf({}, T0 + 1), idOf({ booleanValue: false }), idOf({ timestamp: T0 + 2 })];
    expect(new Set([id, ...others]).size).toBe(4);
  });

  it('is a rebirth where the node is told so with true, and nothing else', () => {
    const name = 'Node Control/Rebirth';
    const of = (metric: object) => wantsRebirth(payloadOf({ metrics: [metric] }));
    expect(of({ name, booleanValue: true })).toBe(true);
    expect(of({ name, datatype: 11, booleanValue: true })).toBe(true);
    expect(of({ name, booleanValue: false })).toBe(false);
    expect(of({ name, intValue: 1 })).toBe(false);
    expect(of({ name: 'Node Control/Reboot', booleanValue: true })).toBe(false);
  });

  it('does no harm whatever its bytes are', () => {
    const valid = fc
      .array(
        fc.record({
          name: fc.constantFrom('pump', 'oil_temp', 'x', 'Node Control/Rebirth'),
          datatype: fc.nat(40),
          intValue: fc.nat(),
        }),
        { maxLength: 5 },
      )
      .map((metrics) => encodeSparkplug({ timestamp: T0, metrics }));
    const damaged = fc
      .tuple(valid, fc.nat(), fc.nat(255))
      .map(([bytes, at, byte]) => bytes.map((one, i) => (i === at % bytes.length ? byte : one)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), valid, damaged), (bytes) => {
        const { mailbox, requests } = mailboxOf();
        mailbox.take(bytes, false, model.node);
        mailbox.take(bytes, false, press());
        for (const request of requests)
          if (request.about === 'command') expect(request.request.id).toMatch(COMMAND_ID);
      }),
    );
  });
});

function mailboxOf(takesCommands = true) {
  const clock = virtualClock(utcMs(T0));
  const requests: UpstreamRequest[] = [];
  const mailbox = new EdgeMailbox({
    ...{ ...context, takesCommands, clock, log: silentLog },
    onRequest: (request) => requests.push(request),
  });
  const say = (metrics: readonly object[], device = press()) =>
    mailbox.take(encodeSparkplug({ timestamp: T0, metrics }), false, device);
  const commands = (): readonly CommandRequest[] =>
    requests.flatMap((one) => (one.about === 'command' ? [one.request] : []));
  const end = (id: string) =>
    mailbox.reply({
      about: 'command',
      reply: { state: 'ended', id, tag: undefined, end: { outcome: 'verified', tookMs: 0 } },
    });
  return { mailbox, clock, requests, say, commands, end };
}

describe('the mailbox of an edge node', () => {
  const pump = (timestamp: number) => [{ name: 'pump', timestamp, booleanValue: true }];

  it('hands over the commands of a message in order; room is made when the last of them has ended', async () => {
    const { mailbox, clock, say, commands, end } = mailboxOf();
    for (let i = 0; i < 20; i++) {
      say([...pump(T0 + i), { name: 'oil_temp', doubleValue: i }]);
      await clock.advance(seconds(1));
    }
    expect(commands()).toHaveLength(40);
    say(pump(T0));
    expect(mailbox.facts()).toMatchObject({ taken: 20, tooMany: 1 });
    const [first, second] = commands();
    end(first?.id ?? '');
    await clock.advance(seconds(1));
    say(pump(T0 + 100));
    expect(mailbox.facts()).toMatchObject({ taken: 20, tooMany: 2 });
    end(second?.id ?? '');
    await clock.advance(seconds(1));
    say(pump(T0 + 101));
    expect(mailbox.facts()).toMatchObject({ taken: 21 });
  });

  it('counts what it refuses for the audit', async () => {
    const { requests, say, clock } = mailboxOf();
    say([{ name: 'pump', intValue: 1 }]);
    say([{ name: 'pump', intValue: 1 }]);
    await clock.advance(seconds(2));
    expect(requests).toEqual([
      { about: 'refused-commands', refused: { uplink: 'scada', counts: { 'command.form': 1 } } },
      { about: 'refused-commands', refused: { uplink: 'scada', counts: { 'command.form': 1 } } },
    ]);
  });

  it('hears a rebirth, and nothing else where no commands are taken', () => {
    const { mailbox, say, requests } = mailboxOf(false);
    expect(say([{ name: 'Node Control/Rebirth', booleanValue: true }], model.node)).toBe(true);
    expect(say([{ name: 'gateway/autonomy', doubleValue: 1 }], model.node)).toBe(false);
    // A rebirth is a matter of the node.
    expect(say([{ name: 'Node Control/Rebirth', booleanValue: true }])).toBe(false);
    // And nobody says now what a broker kept.
    const kept = encodeSparkplug({
      metrics: [{ name: 'Node Control/Rebirth', booleanValue: true }],
    });
    expect(mailbox.take(kept, true, model.node)).toBe(false);
    expect(requests).toEqual([]);
    expect(mailbox.facts().taken).toBe(0);
  });

  it('takes a rebirth and a write in one message', () => {
    const { say, commands } = mailboxOf();
    const rebirth = { name: 'Node Control/Rebirth', booleanValue: true };
    expect(say([rebirth, { name: 'gateway/autonomy', doubleValue: 1 }], model.node)).toBe(true);
    expect(commands()).toMatchObject([{ tag: 'gateway.autonomy' }]);
  });
});
