/** Both ends of the way: a real journal with its forwarder and uplink, and receivers as processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import flags from '../../bin/node-flags.json' with { type: 'json' };
import type { MqttConfig } from '../../config/site.ts';
import { createForwarder } from '../../gateway/forward/forwarder.ts';
import { createMqttUplink } from '../../gateway/forward/mqtt-uplink.ts';
import { selectionOf } from '../../gateway/forward/selection.ts';
import type { Forwarder } from '../../gateway/forward/uplink.ts';
import { type Clock, systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { toBatch } from '../../gateway/journal/batch.ts';
import type { Journal } from '../../gateway/journal/journal.ts';
import type { Sample, TagId } from '../../gateway/model/sample.ts';
import { millis, seconds } from '../../gateway/model/units.ts';
import type { Db } from '../../gateway/receive/db.ts';
import type { HolePace } from '../../gateway/receive/hole-watch.ts';
import {
  Receiver,
  type ReceiverFacts,
  type ReceiverOptions,
} from '../../gateway/receive/receiver.ts';
import { ReceiveStore } from '../../gateway/receive/store.ts';
import { mqttConfig, SPEAKER, sample, uplinkOptions } from './forward-fixture.ts';
import { journalAt, temporaryDirectory } from './journal-fixture.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Each makes a part of a block. */
export const DEVICES = ['press', 'oven', 'em_1203'] as const;
const TAGS = DEVICES.map((device) => `${device}.x` as TagId);

export interface FedGateway {
  readonly journal: Journal;
  readonly forwarder: Forwarder;
  /** One sample of each device a block, each value once. */
  append(blocks: number): Promise<void>;
  store(samples: readonly Sample[]): Promise<void>;
  isDelivered(): boolean;
  stop(): Promise<void>;
}

export async function fedGateway(
  config: Partial<MqttConfig>,
  clock: Clock = systemClock(),
): Promise<FedGateway> {
  const path = join(temporaryDirectory(), 'journal.db');
  const journal = journalAt(path, { clock, tags: TAGS, uplinks: ['cloud'] });
  const speaker = { ...SPEAKER, epoch: journal.epoch };
  const random = () => 0.02;
  const uplink = createMqttUplink(uplinkOptions(config, { speaker, random }));
  const { resend = seconds(5), ack, ackWithin } = config;
  const confirmWithin = ack === 'receiver' ? ackWithin : undefined;
  const selection = selectionOf(config.only);
  const parts = { uplink, journal, clock, log: silentLog, random, selection };
  const forwarder = createForwarder({ ...parts, resend, confirmWithin });
  await forwarder.start();
  const cursor = journal.cursor('cloud');
  let number = 0;
  const store = async (samples: readonly Sample[]) => {
    const batch = toBatch(samples, (tag) => TAGS.indexOf(tag));
    forwarder.onAppended(
      await journal.append('telemetry', batch, { origin: 'test', number: ++number }),
    );
  };
  return {
    ...{ journal, forwarder, store },
    async append(blocks) {
      for (let block = 0; block < blocks; block++) {
        const value = journal.head + 1;
        await store(DEVICES.map((device) => sample(`${device}.x`, value, { time: clock.utc() })));
      }
    },
    isDelivered: () => cursor.upTo === journal.head,
    async stop() {
      await forwarder.stop();
      await journal.close();
    },
  };
}

/** Not patient, and soon back: what is tested does not depend on it. */
const PACE: HolePace = {
  ...{ grace: millis(500), patience: seconds(2), attempts: 20 },
  retry: { first: millis(200), longest: seconds(1), jitter: 0 },
};

export interface OwnReceiver {
  readonly facts: () => ReceiverFacts;
  /** What went wrong so far. */
  readonly troubles: readonly string[];
  /** After the last commit. */
  stop(): Promise<void>;
}

/** A receiver in this process. It closes its store. */
export async function ownReceiver(
  url: string,
  db: Db,
  options: Partial<ReceiverOptions> = {},
): Promise<OwnReceiver> {
  const store = new ReceiveStore({ db, wantsHistory: true });
  await store.open();
  const id = randomBytes(6).toString('hex');
  const troubles: string[] = [];
  const receiver = new Receiver({
    ...{ store, clock: systemClock(), random: () => 0.05, receiver: id, pace: PACE },
    config: mqttConfig({ url, clientId: id }),
    ...{ isLasting: false, qos: 1, group: 'headgate', topics: ['headgate/v1/+/+/+'] },
    onTrouble: (error) => error && troubles.push(error.code),
    ...options,
  });
  const stop = new AbortController();
  const running = receiver.run(stop.signal);
  return {
    troubles,
    facts: () => receiver.facts(),
    async stop() {
      stop.abort();
      await running;
      await db.close();
    },
  };
}

export interface ReceiverProcess {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Of what was printed with --json. */
  readonly summary: () => Readonly<Record<string, unknown>>;
  /** It is there, and does nothing any more. */
  freeze(): void;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
  /** Resolves when it ends by itself. */
  readonly ended: Promise<number | null>;
}

export function receiverProcess(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ReceiverProcess {
  const argv = [...flags, join(ROOT, 'gateway', 'main.ts'), 'receive', ...args];
  const child: ChildProcess = spawn(process.execPath, argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HEADGATE_LANG: 'en', ...env },
  });
  let [out, err] = ['', ''];
  child.stdout?.on('data', (text) => {
    out += text;
  });
  child.stderr?.on('data', (text) => {
    err += text;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    stdout: () => out,
    stderr: () => err,
    summary: () => JSON.parse(out.trim().split('\n').at(-1) ?? ''),
    freeze: () => child.kill('SIGSTOP'),
    kill(signal) {
      child.kill(signal);
      return ended;
    },
    ended,
  };
}
