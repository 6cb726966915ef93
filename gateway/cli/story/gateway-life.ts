/** One life of the gateway of a story, from its start to its end or to a power cut, on the files of the life before. */
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Site, WireBusConfig } from '../../../config/site.ts';
import type { AnyDriver } from '../../../drivers/driver.ts';
import { gpioDriverBy } from '../../../drivers/gpio/driver.ts';
import { simulatedBackend } from '../../../drivers/gpio/simulated-backend.ts';
import type { Line } from '../../../drivers/line/line.ts';
import { streamLine } from '../../../drivers/line/stream-line.ts';
import type { Drivers } from '../../../drivers/registry.ts';
import type { RunningPlant } from '../../../firmware-sim/plant.ts';
import type { Forwarder } from '../../forward/uplink.ts';
import { Gateway } from '../../gateway.ts';
import type { Clock } from '../../host/clock.ts';
import { silentLog } from '../../host/log.ts';
import { createNotify } from '../../host/notify.ts';
import type { ChangingStateStore, Kept } from '../../host/state-store.ts';
import { mortalClock, type VirtualClock } from '../../host/virtual-clock.ts';
import type { ForwarderContext } from '../../journal/north/north.ts';
import type { Random } from '../../model/backoff.ts';
import { busName } from '../../model/sample.ts';
import { ruleEngineFor } from '../../rules/rule-engine.ts';
import { commandsFor } from '../../writable-site.ts';
import type { PlayedBoards } from '../simulated-board.ts';
import { sameThreadNorth } from './same-thread-north.ts';

export interface LifeParts {
  readonly site: Site;
  readonly drivers: Drivers;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly plant: RunningPlant;
  readonly boards: PlayedBoards;
  /** Whether nothing comes over this bus. */
  readonly isCut: (bus: string) => boolean;
  readonly createForwarders: (context: ForwarderContext) => Promise<readonly Forwarder[]>;
  readonly stores: KeptStores;
}

/** What is kept of the small state from life to life, as texts: as if each write were done at once. */
export type KeptStores = Readonly<Record<'state' | 'rules' | 'windows', Map<string, string>>>;

export const emptyStores = (): KeptStores => ({
  ...{ state: new Map(), rules: new Map(), windows: new Map() },
});

export interface GatewayLife {
  readonly gateway: Gateway;
  /** The power goes. Resolves with the path of the journal as the disk has it at that moment. */
  cutPower(next: string): Promise<string>;
}

/** Resolves when it polls. */
export async function beginLife(parts: LifeParts): Promise<GatewayLife> {
  const { site, plant, isCut, stores } = parts;
  const clock = mortalClock(parts.clock);
  let isDead = false;
  const keep = (texts: Map<string, string>) => storeOf(texts, () => isDead);
  const north = sameThreadNorth(clock, parts.createForwarders);
  const ruleStores = { state: keep(stores.rules), windows: keep(stores.windows) };
  const gateway = new Gateway(site, {
    ...{ drivers: withJoinedPins(parts), clock, log: silentLog, random: parts.random, ruleStores },
    notify: createNotify({}),
    state: keep(stores.state),
    makeRuleEngine: await ruleEngineFor(site.rules, ruleStores),
    makeCommands: await commandsFor(site),
    lineOf: (bus) => joinedLine(bus, clock, plant, () => isDead || isCut(bus.name)),
    startNorth: north.start,
  });
  await gateway.start();
  return {
    gateway,
    async cutPower(next) {
      isDead = true;
      const { path } = site.journal;
      const copy = join(next, 'journal.db');
      await mkdir(next, { recursive: true });
      // A file and its log, while nobody writes: what a disk has after a cut between two commits.
      for (const end of ['', '-wal']) await cp(path + end, copy + end, { force: true });
      await north.cut();
      clock.kill();
      // Closes its socket; the rest of it waits for timers that never come.
      void gateway.stop();
      return copy;
    },
  };
}

/** Pins are those of the boards, by the name of their bus. */
function withJoinedPins({ drivers, boards }: LifeParts): Drivers {
  const reach = (name: string) => {
    const joined = boards.get(busName(name));
    if (!joined) throw new Error(`no board ${name}`);
    return joined.board.join();
  };
  const driver = gpioDriverBy(async ({ chip = '' }, clock, onLost) =>
    simulatedBackend(chip, clock, onLost, reach),
  );
  return new Map([...drivers, ['gpio', driver as AnyDriver]]);
}

/** Bytes go to the simulated bus and come from it, unless it is cut. */
function joinedLine(
  { name, transport, baud, format }: WireBusConfig,
  clock: Clock,
  plant: RunningPlant,
  isCut: () => boolean,
): Line {
  return streamLine({
    resource: `story:${name}`,
    settings: transport.kind === 'tcp' ? undefined : { baud, format },
    clock,
    open: async (events) => {
      const end = plant.join(name);
      end.onData((bytes) => {
        if (!isCut()) events.data(bytes);
      });
      end.onClosed?.(() => events.lost('closed by the far end'));
      const { tune } = end;
      return {
        write(bytes) {
          if (!isCut()) end.write(bytes);
        },
        drop: async () => {},
        // Behind a serial server or a DTU the far end decides.
        ...(transport.kind === 'serial' && tune && { tune: async (next) => tune.call(end, next) }),
        close: async () => end.close(),
      };
    },
  });
}

function storeOf(texts: Map<string, string>, isSealed: () => boolean): ChangingStateStore {
  return {
    get(key) {
      const text = texts.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as Kept);
    },
    set(key, value) {
      if (!isSealed()) texts.set(key, JSON.stringify(value));
    },
    keys: () => [...texts.keys()],
    delete(key) {
      if (!isSealed()) texts.delete(key);
    },
    flush: async () => {},
  };
}
