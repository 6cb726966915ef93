/**
 * Plays the story of a site: the real gateway with the real drivers, on simulated lines, in a time that moves only when it
 * is told to. Who is upstream is up to the caller.
 */
import { join } from 'node:path';
import type { Site, TagConfig } from '../../../config/site.ts';
import type { Story, StoryAct } from '../../../config/story.ts';
import { loadDrivers } from '../../../drivers/registry.ts';
import type { FaultKind } from '../../../firmware-sim/faults.ts';
import { startPlant } from '../../../firmware-sim/plant.ts';
import type { AlarmsAnswer } from '../../alarms/alarm-desk.ts';
import type { Forwarder } from '../../forward/uplink.ts';
import type { Gateway } from '../../gateway.ts';
import { ask, socketPath } from '../../health/control-socket.ts';
import { sleep, systemClock } from '../../host/clock.ts';
import { silentLog } from '../../host/log.ts';
import { seededRandom } from '../../host/random.ts';
import { type VirtualClock, virtualClock } from '../../host/virtual-clock.ts';
import type { ForwarderContext } from '../../journal/north/north.ts';
import { type BusName, busName, type TagId } from '../../model/sample.ts';
import {
  type Millis,
  type MonoMs,
  millis,
  minutes,
  monoMs,
  seconds,
  type UtcMs,
} from '../../model/units.ts';
import { type PlayedField, playedBus } from '../played-bus.ts';
import { startJoinedBoards } from '../simulated-board.ts';
import { simulatedField } from '../simulated-field.ts';
import { beginLife, emptyStores, type GatewayLife } from './gateway-life.ts';
import { MovingPlant, PLANT_STEP, type Shown } from './moving-plant.ts';
import { type PlayedPin, pinsOf, playedSignals } from './played-tags.ts';

/** Who is upstream. */
export interface Upstream {
  readonly createForwarders: (context: ForwarderContext) => Promise<readonly Forwarder[]>;
  cut(uplink: string): Promise<void>;
  restore(uplink: string): Promise<void>;
  /** Hands over a command as a message. */
  send(message: string): Promise<void>;
}

export interface StoryOptions {
  readonly site: Site;
  readonly story: Story;
  /** Where the files of the gateway go. */
  readonly folder: string;
  readonly seed: number;
  readonly upstream: Upstream;
  /** Told of each act when its time has come. */
  readonly onAct?: (act: StoryAct) => void;
}

/** How long a message from upstream counts. */
const MESSAGE_LASTS = seconds(30);
/** What a person asks goes over the real socket, and its answer may wait for a device: time creeps on meanwhile. */
const SOCKET_STEP = millis(0.1);
const PERSON = 'Li';
const STOP_STEP = millis(100);
/** Ten times as fast as in life, where there are servers. */
const APART_SPEED = 10;
const APART_PAUSE = millis(5);
const APART_STEP = millis(APART_SPEED * APART_PAUSE);
/** A server says that it lives in the time of the machine: nothing is concluded from its silence. */
const APART_KEEP_ALIVE = minutes(60);

export class StoryPlayer {
  readonly clock: VirtualClock;
  readonly #options: StoryOptions;
  readonly #field: PlayedField;
  /** Where the tags of pins are. */
  readonly #pins: ReadonlyMap<TagId, PlayedPin>;
  readonly #moving: MovingPlant;
  readonly #cuts = new Set<string>();
  readonly #faults = new Map<string, FaultKind>();
  readonly #stores = emptyStores();
  readonly #shots = new Map<number, Shown | undefined>();
  #life: GatewayLife | undefined;
  #lives = 0;
  #journal: string;
  #acts = 0;
  #sent = 0;

  private constructor(
    options: StoryOptions,
    clock: VirtualClock,
    field: PlayedField,
    moving: MovingPlant,
  ) {
    const { folder } = options;
    this.#options = options;
    this.clock = clock;
    this.#field = field;
    this.#pins = pinsOf(options, field);
    this.#journal = join(folder, 'journal.db');
    this.#moving = moving;
  }

  static async start(options: StoryOptions): Promise<StoryPlayer> {
    const { site, story, seed, folder } = options;
    const clock = virtualClock(story.start);
    const moving = new MovingPlant(story, { seed, holds: (tag) => player.#holds(tag) });
    const played = playedSignals(site, story, moving);
    const field = simulatedField(site, { seed, freePorts: true, played });
    const plant = await startPlant(field, clock, silentLog, true);
    const boards = await startJoinedBoards(site, { seed, clock });
    const whole = { plant, boards, pki: join(folder, 'pki') };
    const player = new StoryPlayer(options, clock, whole, moving);
    player.#moveContacts();
    await player.#begin();
    return player;
  }

  /** Undefined while there is no power. */
  get gateway(): Gateway | undefined {
    return this.#life?.gateway;
  }

  get elapsed(): Millis {
    return millis(this.clock.mono());
  }

  get isOver(): boolean {
    return this.elapsed >= this.#options.story.length;
  }

  /** What the devices showed when the story says to look at them. */
  get shots(): ReadonlyMap<number, Shown | undefined> {
    return this.#shots;
  }

  /** What the device of a tag showed at a moment that has passed. */
  readonly showed = (tag: TagId, time: UtcMs): Shown | undefined =>
    this.#holds(tag, monoMs(time - this.#options.story.start));

  /** Time goes on until this moment, or the end of the story. */
  async playTo(elapsed: Millis): Promise<void> {
    const { story } = this.#options;
    const end = Math.min(elapsed, story.length);
    for (;;) {
      const act = story.acts[this.#acts];
      const step = this.elapsed - (this.elapsed % PLANT_STEP) + PLANT_STEP;
      const next = Math.min(end, step, act?.at ?? end);
      await this.#advance(millis(next - this.elapsed));
      this.#moving.moveTo(this.elapsed);
      this.#moveContacts();
      this.#look();
      if (act && act.at <= this.elapsed) await this.#act(act);
      else if (this.elapsed >= end) return;
    }
  }

  /** Time goes on, and nothing of the story happens any more, until the promise settles. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = promise.finally(() => {
      isSettled = true;
    });
    settled.catch(() => {});
    while (!isSettled) await this.#advance(STOP_STEP);
    return settled;
  }

  /** The gateway, with the power on again if need be. */
  async powered(): Promise<Gateway> {
    if (!this.#life) await this.#powerOn();
    const { gateway } = this;
    if (!gateway) throw new Error('no gateway');
    return gateway;
  }

  async stop(): Promise<void> {
    const { gateway } = this;
    if (gateway) await this.until(gateway.stop());
    await this.#field.plant.stop();
    for (const { board } of this.#field.boards.values()) await board.stop();
  }

  async #begin(): Promise<void> {
    const { site, seed, upstream } = this.#options;
    this.#life = await beginLife({
      site: withHastyServers({
        ...site,
        journal: { ...site.journal, path: this.#journal },
        buses: site.buses.map((bus) => playedBus(bus, this.#field)),
      }),
      drivers: await loadDrivers(site.devices.map(({ protocol }) => protocol)),
      ...{ clock: this.clock, stores: this.#stores },
      ...{ plant: this.#field.plant, boards: this.#field.boards },
      random: seededRandom(seed + this.#lives++),
      isCut: (bus) => this.#cuts.has(bus),
      createForwarders: upstream.createForwarders,
    });
  }

  async #act(act: StoryAct): Promise<void> {
    this.#acts++;
    this.#options.onAct?.(act);
    const { upstream, site } = this.#options;
    const isUplink = (name: string) => site.uplinks.some((uplink) => uplink.name === name);
    for (const [tag, value] of act.set ?? []) this.#moving.set(tag as TagId, value);
    for (const tag of act.free ?? []) this.#moving.set(tag as TagId, undefined);
    this.#moveContacts();
    if (act.fault) this.#setFault(act.fault.device, act.fault.kind);
    if (act.heal) this.#setFault(act.heal, undefined);
    if (act.cut !== undefined) {
      if (isUplink(act.cut)) await upstream.cut(act.cut);
      else await this.#cutBus(act.cut);
    }
    if (act.restore !== undefined) {
      if (isUplink(act.restore)) await upstream.restore(act.restore);
      else await this.#restoreBus(act.restore);
    }
    if (act.power === 'off') await this.#powerOff();
    if (act.power === 'on') await this.#powerOn();
    if (act.send) await upstream.send(this.#message(act.send));
    if (act.write) await this.#asked('command', { ...act.write, hold_ms: 0 });
    if (act.swap !== undefined) await this.#asked('swap', act.swap);
    if (act.acknowledge !== undefined) await this.#acknowledge(act.acknowledge);
  }

  async #cutBus(bus: string): Promise<void> {
    const { plant, boards } = this.#field;
    this.#cuts.add(bus);
    boards.get(busName(bus))?.board.behave('away');
    await plant.servers.get(bus)?.server.powerOff();
  }

  async #restoreBus(bus: string): Promise<void> {
    const { plant, boards } = this.#field;
    this.#cuts.delete(bus);
    boards.get(busName(bus))?.board.behave('well');
    await plant.servers.get(bus)?.server.restart();
  }

  /** At the pins; to the millisecond, since the plant is moved at the time of each act. */
  #moveContacts(): void {
    for (const [tag, { board, offset, isActiveLow, isMoved }] of this.#pins)
      if (isMoved) board.move(offset, Boolean(this.#moving.value(tag)) !== isActiveLow);
  }

  /** Servers are reached by real sockets, which want real time: so much of it for each step. */
  async #advance(by: Millis): Promise<void> {
    if (this.#field.plant.servers.size === 0) return this.clock.advance(by);
    const real = systemClock();
    for (let left: number = by; left >= 0; left -= APART_STEP) {
      await this.clock.advance(millis(Math.min(left, APART_STEP)));
      await sleep(real, 'story.apart', APART_PAUSE);
    }
  }

  #setFault(device: string, kind: FaultKind | undefined): void {
    if (kind) this.#faults.set(device, kind);
    else this.#faults.delete(device);
    this.#field.plant.setFault(device, kind);
  }

  async #powerOff(): Promise<void> {
    const { folder } = this.#options;
    this.#journal =
      (await this.#life?.cutPower(join(folder, `life-${this.#lives}`))) ?? this.#journal;
    this.#life = undefined;
    const { plant, boards } = this.#field;
    plant.restart();
    for (const { board } of boards.values()) board.cut();
    for (const device of this.#cabinet()) plant.setFault(device, 'silent');
  }

  async #powerOn(): Promise<void> {
    for (const device of this.#cabinet())
      this.#field.plant.setFault(device, this.#faults.get(device));
    await this.#begin();
  }

  #cabinet(): readonly string[] {
    const modbus = this.#options.site.devices.filter(({ protocol }) => protocol === 'modbus');
    return modbus.map(({ name }) => name);
  }

  #message({ tag, value, by }: NonNullable<StoryAct['send']>): string {
    const now = this.clock.utc();
    const { id: gw } = this.#options.site.gateway;
    const id = `story-${`${++this.#sent}`.padStart(4, '0')}`;
    const expires = now + MESSAGE_LASTS;
    return JSON.stringify({ v: 1, gw, id, tag, value, issued: now, expires, by });
  }

  async #acknowledge(rule: string): Promise<void> {
    const answer = await this.#asked('alarms');
    const { alarms } = answer as AlarmsAnswer;
    const alarm = alarms.find(({ id }) => id === rule)?.key;
    if (alarm !== undefined) await this.#asked('acknowledge', { alarm, by: PERSON });
  }

  /** As `headgate write` and `headgate alarms` do, over the real socket. */
  async #asked(question: string, about?: object | string): Promise<unknown> {
    const path = socketPath(this.#journal);
    let isAnswered = false;
    const answer = ask(path, question, systemClock(), about).finally(() => {
      isAnswered = true;
    });
    answer.catch(() => {});
    while (!isAnswered) await this.clock.advance(SOCKET_STEP);
    return answer;
  }

  /** What is to be looked at in the field by now. */
  #look(): void {
    for (const [n, one] of this.#options.story.expected.entries())
      if ('field' in one && !this.#shots.has(n) && (one.at ?? 0) <= this.elapsed)
        this.#shots.set(n, this.#holds(one.field as TagId));
  }

  #holds(tag: TagId, at?: MonoMs): boolean | number | undefined {
    const pin = this.#pins.get(tag);
    if (pin) return pin.board.level(pin.offset) === !pin.isActiveLow;
    const dot = tag.lastIndexOf('.');
    return this.#field.plant.shows(tag.slice(0, dot), tag.slice(dot + 1), at);
  }
}

/** Servers publish in the time of the machine, so they are asked to do it so much more often. */
function withHastyServers(site: Site): Site {
  const isServed = (bus: BusName) =>
    site.buses.some(({ name, transport }) => name === bus && transport.kind === 'opcua');
  const hasty = (tag: TagConfig) => ({ ...tag, scan: millis(tag.scan / APART_SPEED) });
  return {
    ...site,
    buses: site.buses.map((bus) =>
      bus.transport.kind === 'opcua'
        ? { ...bus, transport: { ...bus.transport, keepAlive: APART_KEEP_ALIVE } }
        : bus,
    ),
    devices: site.devices.map((device) =>
      isServed(device.bus) ? { ...device, tags: device.tags.map(hasty) } : device,
    ),
  };
}
