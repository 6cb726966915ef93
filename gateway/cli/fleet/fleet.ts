/** `headgate sim --fleet`: many gateways at a broker, so that the sums of a sizing can be tried. */
import { randomBytes } from 'node:crypto';
import { sleep } from '../../host/clock.ts';
import { systemRandom } from '../../host/random.ts';
import { GatewayError } from '../../model/errors.ts';
import { deviceName, type TagId } from '../../model/sample.ts';
import type { Tag } from '../../model/tag.ts';
import { between, later, type Millis, type MonoMs, millis, seconds } from '../../model/units.ts';
import { durationOption } from '../duration-option.ts';
import { mqttVersion } from '../mqtt-version.ts';
import type { Call } from '../verb.ts';
import { FleetGateway, type FleetOptions } from './fleet-gateway.ts';
import { type FleetSummary, renderFleet, renderProgress } from './fleet-view.ts';
import { Latencies } from './latencies.ts';

interface FleetPlan extends FleetOptions {
  readonly gateways: number;
  /** The number of the first one. */
  readonly first: number;
  readonly every: Millis;
  /** Undefined: until it is interrupted. */
  readonly length: Millis | undefined;
}

const MOST_GATEWAYS = 5_000;
const MOST_TAGS = 10_000;
/** So that a broker is not asked by all at once. */
const BETWEEN_CONNECTS = millis(2);
/** For the first connections, and for the last acknowledgements. */
const PATIENCE = seconds(30);
const LOOK = millis(20);
const PROGRESS_EVERY = seconds(10);
const usage = (problem: string) => new GatewayError('cli.usage', { verb: 'sim', problem });

/** Exit code 1 when a block was not delivered. */
export async function playFleet(call: Call): Promise<number> {
  const plan = planOf(call);
  const count = {
    ...{ blocks: 0, messages: 0, bytes: 0, samples: 0, acknowledged: 0, resent: 0 },
    ...{ skipped: 0, lost: 0, latencies: new Latencies() },
  };
  const epoch = () => randomBytes(8).toString('hex');
  const gateways = Array.from({ length: plan.gateways }, (_, index) => {
    const id = `fleet-${String(plan.first + index).padStart(5, '0')}`;
    // Gateways begin with different nodes of a cluster.
    const turn = index % plan.brokers.length;
    const brokers = [...plan.brokers.slice(turn), ...plan.brokers.slice(0, turn)];
    return new FleetGateway(id, epoch(), { ...plan, brokers }, count);
  });
  try {
    const began = await connected(call, plan, gateways);
    const stop = plan.length === undefined ? undefined : later(began, plan.length);
    const cancels = gateways.map((gateway, index) =>
      polling(
        call,
        plan,
        gateway,
        later(began, millis((plan.every * index) / plan.gateways)),
        stop,
      ),
    );
    const progress = () => renderProgress(count, gateways, call.language);
    let tellAt = later(began, PROGRESS_EVERY);
    await passed(call, () => {
      const now = call.clock.mono();
      if (now >= tellAt) {
        tellAt = later(now, PROGRESS_EVERY);
        call.note(progress());
      }
      return stop !== undefined && now >= stop;
    });
    for (const cancel of cancels) cancel();
    const ended = call.clock.mono();
    const drained = later(ended, PATIENCE);
    const isOver = () => call.clock.mono() >= drained;
    while (gateways.some(({ waiting }) => waiting > 0) && !isOver())
      await sleep(call.clock, 'fleet.drain', LOOK);
    const { latencies, ...counts } = count;
    const summary: FleetSummary = {
      ...{ gateways: plan.gateways, up: gateways.filter(({ isUp }) => isUp).length },
      ...{ seconds: between(began, ended) / 1000, ...counts },
      undelivered: gateways.reduce((sum, { waiting }) => sum + waiting, 0),
      p50_ms: latencies.percentile(0.5),
      p99_ms: latencies.percentile(0.99),
    };
    call.print(
      call.values.json ? JSON.stringify(summary) : renderFleet(summary, plan, call.language),
    );
    return summary.undelivered + summary.skipped === 0 && summary.blocks > 0 ? 0 : 1;
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.close()));
  }
}

/** When the last was connected, or patience was over: the time from which on they send. */
async function connected(
  call: Call,
  plan: FleetPlan,
  gateways: readonly FleetGateway[],
): Promise<MonoMs> {
  const { clock, signal } = call;
  for (const gateway of gateways) {
    if (signal.aborted) break;
    gateway.open();
    await sleep(clock, 'fleet.connect', BETWEEN_CONNECTS);
  }
  const latest = later(clock.mono(), PATIENCE);
  await passed(call, () => gateways.every(({ isUp }) => isUp) || clock.mono() >= latest);
  const up = gateways.filter(({ isUp }) => isUp).length;
  if (up < plan.gateways && !signal.aborted) call.note(`${up}/${plan.gateways}: ${plan.brokers}`);
  return clock.mono();
}

/** Resolves when `isOver`, or at an interruption. */
async function passed({ clock, signal }: Call, isOver: () => boolean): Promise<void> {
  while (!signal.aborted && !isOver())
    await sleep(clock, 'fleet.look', LOOK, signal).catch(() => {});
}

/** Polls at its own moments of the period, like gateways that were started at different times. */
function polling(
  { clock }: Call,
  { every }: FleetPlan,
  gateway: FleetGateway,
  first: MonoMs,
  stop: MonoMs | undefined,
): () => void {
  const next = (due: MonoMs) =>
    clock.at('fleet.poll', due, () => {
      gateway.poll();
      const following = later(due, every);
      if (stop === undefined || following < stop) cancel = next(following);
    });
  let cancel = next(first);
  return () => cancel();
}

function planOf(call: Call): FleetPlan {
  const { values, lists, clock } = call;
  const brokers = lists.broker ?? [];
  if (brokers.length === 0) throw usage('--fleet needs --broker mqtt://…');
  for (const url of brokers)
    if (!/^mqtts?:\/\//.test(url) || !URL.canParse(url)) throw usage(`${url}: mqtt:// or mqtts://`);
  const version = mqttVersion(values.mqtt);
  if (version === undefined) throw usage('--mqtt takes 5 or 3.1.1');
  const ack = values.ack ?? 'broker';
  if (ack !== 'broker' && ack !== 'receiver') throw usage('--ack takes broker or receiver');
  return {
    ...{ brokers, version, ack, clock, random: systemRandom },
    gateways: countOf(call, 'fleet', 1, MOST_GATEWAYS),
    first: countOf(call, 'first', 1, 1_000_000),
    window: countOf(call, 'window', 16, 1_000),
    tags: tagsOf(countOf(call, 'devices', 1, MOST_TAGS), countOf(call, 'tags', 20, MOST_TAGS)),
    every: lengthOf(call, 'every') ?? seconds(1),
    ackWithin: lengthOf(call, 'ack-within') ?? seconds(30),
    length: lengthOf(call, 'for'),
  };
}

function countOf({ values }: Call, name: string, fallback: number, most: number): number {
  const value = values[name] === undefined ? fallback : Number(values[name]);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw usage(`--${name} takes a whole number, 1 to ${most}`);
}

function lengthOf(call: Call, name: string): Millis | undefined {
  const length = durationOption(call, 'sim', name);
  if (length !== undefined && length <= 0) throw usage(`--${name} takes more than 0s`);
  return length;
}

/** `tags` of each device. */
function tagsOf(devices: number, tags: number): readonly Tag[] {
  if (devices * tags > MOST_TAGS) throw usage(`--devices times --tags: up to ${MOST_TAGS}`);
  return Array.from({ length: devices * tags }, (_, index) => {
    const device = deviceName(`device_${Math.floor(index / tags) + 1}`);
    const quantity = `tag_${(index % tags) + 1}`;
    return {
      ...{ index, id: `${device}.${quantity}` as TagId, device, quantity, unit: undefined },
      ...{ decimals: 1, report: { deadband: undefined, heartbeat: undefined } },
    };
  });
}
