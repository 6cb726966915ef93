/** Events of conditions as the gateway reads them, and a watch over them on a server that the test plays. */
import { describe, expect, it } from 'vitest';
import { AlarmWatch } from '../../../drivers/opcua/conditions.ts';
import { conditionEvent, conditionFilter } from '../../../drivers/opcua/events.ts';
import { NO_LIMITS } from '../../../drivers/opcua/limits.ts';
import { type OpcuaLink, ServiceFault, type ServiceRequest } from '../../../drivers/opcua/link.ts';
import {
  CallRequest,
  CreateMonitoredItemsRequest,
  coerceNodeId,
  DataType,
  EventFilter,
  LocalizedText,
  NodeId,
  type StatusCode,
  StatusCodes,
  Variant,
} from '../../../drivers/opcua/stack.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import type { AlarmReport } from '../../../gateway/model/alarm.ts';
import { GatewayError } from '../../../gateway/model/errors.ts';
import { millis, seconds, utcMs } from '../../../gateway/model/units.ts';

const NOW = Date.UTC(2026, 0, 1);
const NAMESPACES = ['http://opcfoundation.org/UA/', 'urn:own', 'http://vendor/;x'];
const ALARM_TYPE = 'ns=0;i=2915';
const REFRESH_START = 'ns=0;i=2787';
const REFRESH_END = 'ns=0;i=2788';
const REFRESH_REQUIRED = 'ns=0;i=2789';

/** What a server says of an alarm; what is undefined it has not. */
const SAID = {
  eventId: 'e1' as string | undefined,
  type: ALARM_TYPE,
  source: 'Axis 3' as string | undefined,
  time: new Date(NOW - 60_000) as Date | undefined,
  message: 'too hot' as string | undefined,
  severity: 700,
  name: 'OverTemperature' as string | undefined,
  branch: undefined as string | undefined,
  retain: true as boolean | undefined,
  enabled: true as boolean | undefined,
  active: true as boolean | undefined,
  acked: false as boolean | undefined,
  shelved: false as boolean | undefined,
  comment: undefined as string | undefined,
  condition: 'ns=2;s=Axis3.Hot' as string | undefined,
};

/** In the order of the filter's clauses. */
function fieldsOf(say: Partial<typeof SAID> = {}): Variant[] {
  const said = { ...SAID, ...say };
  const field = (dataType: DataType, value: unknown) =>
    value === undefined ? new Variant() : new Variant({ dataType, value });
  const node = (text: string | undefined) =>
    field(DataType.NodeId, text === undefined ? undefined : coerceNodeId(text));
  const text = (words: string | undefined) =>
    field(
      DataType.LocalizedText,
      words === undefined ? undefined : new LocalizedText({ text: words }),
    );
  return [
    field(DataType.ByteString, said.eventId === undefined ? undefined : Buffer.from(said.eventId)),
    node(said.type),
    field(DataType.String, said.source),
    field(DataType.DateTime, said.time),
    text(said.message),
    field(DataType.UInt16, said.severity),
    field(DataType.String, said.name),
    said.branch === undefined ? field(DataType.NodeId, new NodeId()) : node(said.branch),
    field(DataType.Boolean, said.retain),
    field(DataType.Boolean, said.enabled),
    field(DataType.Boolean, said.active),
    field(DataType.Boolean, said.acked),
    field(DataType.Boolean, said.shelved),
    text(said.comment),
    node(said.condition),
  ];
}

const CONTEXT = {
  namespaces: NAMESPACES,
  now: utcMs(NOW),
  timeBasis: 'gateway',
  tolerance: seconds(10),
} as const;

function reportOf(say: Partial<typeof SAID> = {}): AlarmReport {
  const event = conditionEvent(fieldsOf(say), CONTEXT);
  if (event?.kind !== 'alarm') throw new Error(`it is ${event?.kind}`);
  return event.report;
}

describe('an event of a condition', () => {
  it('is an alarm with a name that outlives the numbers of namespaces', () => {
    expect(reportOf()).toEqual({
      id: 'nsu=http://vendor/%3Bx;s=Axis3.Hot',
      about: 'Axis 3',
      condition: 'OverTemperature',
      severity: 700,
      message: 'too hot',
      isActive: true,
      isAcknowledged: false,
      time: NOW - 60_000,
      timeBasis: 'source',
    });
  });

  it.each<[string, Partial<typeof SAID>, Partial<AlarmReport>]>([
    [
      'a branch is an alarm by itself',
      { branch: 'ns=1;i=7' },
      { id: 'nsu=http://vendor/%3Bx;s=Axis3.Hot#nsu=urn:own;i=7' },
    ],
    ['a disabled condition is none', { enabled: false }, { isActive: false, isAcknowledged: true }],
    [
      'one that is no alarm is active while it is of interest',
      { active: undefined },
      { isActive: true },
    ],
    ['and not any longer', { active: undefined, retain: false }, { isActive: false }],
    [
      'one that cannot be acknowledged needs nobody',
      { acked: undefined },
      { isAcknowledged: true },
    ],
    [
      'one that is active counts, of interest or not',
      { acked: true, retain: false },
      { isActive: true },
    ],
    ['somebody may have put it aside', { shelved: true }, { isShelved: true }],
    ['somebody may have said something', { comment: 'wait' }, { comment: 'wait' }],
    [
      'texts may be missing',
      { source: undefined, message: undefined, name: undefined },
      { about: '', message: '', condition: '' },
    ],
    ['long ones are cut', { message: 'x'.repeat(9_000) }, { message: 'x'.repeat(500) }],
    ['a severity is 1 at least', { severity: 0 }, { severity: 1 }],
    ['and 1000 at most', { severity: 65_535 }, { severity: 1000 }],
    [
      'it may have stood for years',
      { time: new Date(NOW - 9e10) },
      { time: utcMs(NOW - 9e10), timeBasis: 'source' },
    ],
    [
      'a clock may be a little ahead',
      { time: new Date(NOW + 9_000) },
      { time: utcMs(NOW + 9_000), timeBasis: 'source' },
    ],
    [
      'but not in the future',
      { time: new Date(NOW + 11_000) },
      { time: utcMs(NOW), timeBasis: 'gateway' },
    ],
    [
      'nor before there were such servers',
      { time: new Date(Date.UTC(1601, 0, 1)) },
      { time: utcMs(NOW), timeBasis: 'gateway' },
    ],
    ['or unknown', { time: undefined }, { time: utcMs(NOW), timeBasis: 'gateway' }],
  ])('%s', (_, say, expected) => {
    expect(reportOf(say)).toMatchObject(expected);
  });

  it('tells a refresh from an alarm, and takes nothing else', () => {
    const kindOf = (say: Partial<typeof SAID>) => conditionEvent(fieldsOf(say), CONTEXT)?.kind;
    expect(kindOf({ type: REFRESH_START })).toBe('refresh-start');
    expect(kindOf({ type: REFRESH_END })).toBe('refresh-end');
    expect(kindOf({ type: REFRESH_REQUIRED })).toBe('refresh-required');
    expect(kindOf({ condition: undefined })).toBeUndefined();
    expect(kindOf({ condition: 'ns=0;i=0' })).toBeUndefined();
    expect(conditionEvent([], CONTEXT)).toBeUndefined();
  });

  it('may say of a field that it has none', () => {
    const fields = fieldsOf();
    const none = { dataType: DataType.StatusCode, value: StatusCodes.BadNotFound };
    for (const at of [2, 4, 11, 13]) fields[at] = new Variant(none);
    expect(conditionEvent(fields, CONTEXT)).toMatchObject({
      report: { about: '', message: '', isAcknowledged: true },
    });
  });
});

/** A server that answers as told, `Good` where nothing was said, and what it was asked. */
function server(limit?: number) {
  const clock = virtualClock(utcMs(NOW));
  const asked: string[] = [];
  const answers = new Map<string, (StatusCode | Error)[]>();
  const acknowledged: string[] = [];
  let whileAsked = (_: string) => {};
  const nameOf = (request: ServiceRequest): string => {
    if (request instanceof CreateMonitoredItemsRequest) {
      const filter = request.itemsToCreate?.[0]?.requestedParameters.filter;
      if (!(filter instanceof EventFilter)) return 'item without a filter';
      return filter.whereClause.elements?.length ? 'item' : 'item for everything';
    }
    const call = request instanceof CallRequest ? request.methodsToCall?.[0] : undefined;
    if (call?.methodId.toString() !== 'ns=0;i=9111') return `call ${call?.methodId}`;
    acknowledged.push(String(call.inputArguments?.[0]?.value));
    return 'acknowledge';
  };
  const link: OpcuaLink = {
    resource: 'opcua:test',
    namespaces: NAMESPACES,
    limits: NO_LIMITS,
    connect: async () => {},
    close: async () => {},
    async ask<Response extends object>(request: ServiceRequest): Promise<Response> {
      const name = nameOf(request);
      asked.push(name);
      whileAsked(name);
      const statusCode = answers.get(name)?.shift() ?? StatusCodes.Good;
      if (statusCode instanceof Error) throw statusCode;
      return { results: [{ statusCode }] } as object as Response;
    },
  };
  const told: string[] = [];
  const logged: string[] = [];
  const watch = new AlarmWatch({
    link,
    options: { minSeverity: 1, source: undefined },
    tolerance: millis(1_000),
    watcher: {
      alarm: ({ id, isActive }) => told.push(`${isActive ? '+' : '-'}${id.slice(-1)}`),
      standing: (ids) => told.push(`all ${ids.map((id) => id.slice(-1)).join('')}`),
    },
    clock,
    log: { ...silentLog, warn: (event) => void logged.push(event) },
    ...(limit !== undefined && { limit }),
  });
  const over = new AbortController();
  const say = (say: Partial<typeof SAID>) => watch.take(fieldsOf(say));
  return {
    clock,
    asked,
    told,
    logged,
    acknowledged,
    over,
    watch,
    answer: (name: string, ...statuses: (StatusCode | Error)[]) => answers.set(name, statuses),
    during: (act: typeof whileAsked) => {
      whileAsked = act;
    },
    start: () => watch.start(1, 2, coerceNodeId('i=2253'), over.signal),
    alarm: (letter: string, say: Partial<typeof SAID> = {}) =>
      watch.take(fieldsOf({ condition: `ns=1;s=${letter}`, ...say })),
    type: (type: string) => say({ type, condition: undefined }),
    acknowledge: (letter: string) =>
      watch.acknowledge(`nsu=urn:own;s=${letter}`, 'seen', over.signal),
  };
}
const REFRESH = 'call ns=0;i=3875';
const CLEARED = { active: false, acked: true, retain: false };

describe('a watch over the conditions of a server', () => {
  it('asks for what stands, and tells when it knows all of it', async () => {
    const { start, asked, alarm, type, told } = server();
    expect(await start()).toBe(StatusCodes.Good);
    expect(asked).toEqual(['item', REFRESH]);
    alarm('a');
    type(REFRESH_START);
    alarm('b');
    alarm('c');
    alarm('c', CLEARED);
    type(REFRESH_END);
    expect(told).toEqual(['+a', '+b', '+c', '-c', 'all b']);
  });

  it('does without a clause that the server does not know', async () => {
    const { start, asked, answer } = server();
    answer('item', StatusCodes.BadFilterOperatorUnsupported);
    expect(await start()).toBe(StatusCodes.Good);
    expect(asked).toEqual(['item', 'item for everything', REFRESH]);
    expect(conditionFilter(false).selectClauses).toHaveLength(15);
  });

  it.each([
    ['refuses the item', StatusCodes.BadAttributeIdInvalid],
    ['refuses the whole call', new ServiceFault(StatusCodes.BadServiceUnsupported)],
    ['does not answer in time', new GatewayError('opcua.timeout', {})],
  ])('says so when the server %s, and asks for nothing more', async (_, status) => {
    const { start, asked, answer } = server();
    answer('item', status);
    expect((await start()).value >>> 31).toBe(1);
    expect(asked).toEqual(['item']);
  });

  it('passes on that the connection is lost', async () => {
    const { start, answer } = server();
    answer('item', new GatewayError('opcua.lost', { url: '', reason: 'gone' }));
    await expect(start()).rejects.toThrow('opcua.lost');
  });

  it('goes on with what comes by itself when the server cannot refresh', async () => {
    const { start, answer, alarm, told, logged } = server();
    answer(REFRESH, StatusCodes.BadMethodInvalid);
    expect(await start()).toBe(StatusCodes.Good);
    alarm('a');
    expect(told).toEqual(['+a']);
    expect(logged).toEqual(['opcua.alarm-refresh-refused']);
  });

  it('refreshes when the server wants it, once a second and one at a time', async () => {
    const { start, clock, asked, type } = server();
    await start();
    for (let i = 0; i < 5; i++) type(REFRESH_REQUIRED);
    expect(clock.pending()).toHaveLength(1);
    await clock.advance(millis(999));
    expect(asked).toHaveLength(2);
    await clock.advance(millis(1));
    expect(asked.slice(2)).toEqual([REFRESH]);
    type(REFRESH_REQUIRED);
    await clock.advance(seconds(10));
    expect(asked.slice(2)).toEqual([REFRESH, REFRESH]);
    expect(clock.pending()).toEqual([]);
  });

  it('waits for a refresh that somebody else has asked for', async () => {
    const { start, clock, asked, answer } = server();
    answer(REFRESH, StatusCodes.BadRefreshInProgress, StatusCodes.BadRefreshInProgress);
    await start();
    await clock.advance(seconds(10));
    expect(asked).toEqual(['item', REFRESH, REFRESH, REFRESH]);
  });

  it('leaves no timer behind when it is called off', async () => {
    const { start, clock, type, over } = server();
    await start();
    type(REFRESH_REQUIRED);
    expect(clock.pending()).toHaveLength(1);
    over.abort();
    expect(clock.pending()).toEqual([]);
    type(REFRESH_REQUIRED);
    expect(clock.pending()).toEqual([]);
  });

  it('counts what is too much, and then concludes nothing from what is missing', async () => {
    const { start, alarm, type, told, logged } = server(2);
    await start();
    type(REFRESH_START);
    for (const letter of 'abcd') alarm(letter);
    type(REFRESH_END);
    expect(told).toEqual(['+a', '+b']);
    expect(logged).toEqual(['opcua.alarms-dropped']);
    alarm('a', CLEARED);
    type(REFRESH_START);
    for (const letter of 'bc') alarm(letter);
    type(REFRESH_END);
    expect(told.slice(2)).toEqual(['-a', '+b', '+c', 'all bc']);
  });
});

describe('an acknowledgement', () => {
  it('names the newest event', async () => {
    const { start, alarm, acknowledge, acknowledged } = server();
    await start();
    alarm('a');
    alarm('a', { eventId: 'e2' });
    expect(await acknowledge('a')).toEqual({ outcome: 'written', turnaround: undefined });
    expect(acknowledged).toEqual(['e2']);
  });

  it('is tried once more when the alarm changed under it', async () => {
    const { start, alarm, acknowledge, acknowledged, answer, during } = server();
    await start();
    alarm('a');
    answer('acknowledge', StatusCodes.BadEventIdUnknown);
    during((name) => {
      if (name === 'acknowledge') alarm('a', { eventId: `e${acknowledged.length + 1}` });
    });
    expect(await acknowledge('a')).toMatchObject({ outcome: 'written' });
    expect(acknowledged).toEqual(['e1', 'e2']);
    answer('acknowledge', StatusCodes.BadEventIdUnknown, StatusCodes.BadEventIdUnknown);
    expect(await acknowledge('a')).toMatchObject({ outcome: 'rejected' });
    expect(acknowledged).toHaveLength(4);
  });

  it.each([
    ['somebody else was quicker', StatusCodes.BadConditionBranchAlreadyAcked, 'written', undefined],
    ['the user may not', StatusCodes.BadUserAccessDenied, 'rejected', 'BadUserAccessDenied'],
    [
      'the whole call is refused',
      new ServiceFault(StatusCodes.BadTooManyOperations),
      'rejected',
      'BadTooManyOperations',
    ],
    ['no answer comes', new GatewayError('opcua.timeout', {}), 'unknown', 'BadTimeout'],
  ])('when %s', async (_, status, outcome, reason) => {
    const { start, alarm, acknowledge, answer } = server();
    await start();
    alarm('a');
    answer('acknowledge', status);
    const written = await acknowledge('a');
    expect(written.outcome).toBe(outcome);
    expect(written.refusal?.details.status).toBe(reason);
    if (reason) expect(written.refusal?.code).toBe('opcua.alarm-refused');
  });

  it('is not sent for an alarm that does not stand, and ends with a lost connection', async () => {
    const { start, alarm, acknowledge, asked, answer } = server();
    await start();
    expect(await acknowledge('a')).toMatchObject({
      outcome: 'failed',
      refusal: { code: 'opcua.alarm-unknown' },
    });
    expect(asked).toHaveLength(2);
    alarm('a');
    answer('acknowledge', new GatewayError('opcua.lost', {}));
    await expect(acknowledge('a')).rejects.toThrow('opcua.lost');
  });
});
