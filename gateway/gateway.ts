/**
 * The whole gateway, wired on one screen: lines → buses → image → rules, journal and uplinks (in their own
 * thread). Starts from the durable end, so that nothing is read before it can be stored; stops the other way.
 */

import type { Site } from '../config/site.ts';
import { Recorders, type RecordingQuestion } from '../drivers/line/recorders.ts';
import type { Drivers } from '../drivers/registry.ts';
import software from '../package.json' with { type: 'json' };
import type { RuleSet } from '../rules/rule.ts';
import { type AcknowledgeQuestion, alarmDesk, type ShelveQuestion } from './alarms/alarm-desk.ts';
import { alarmingDevices, withAlarmEvents } from './alarms/alarm-event.ts';
import { ruleAlarms } from './alarms/rule-alarms.ts';
import { StandingAlarms } from './alarms/standing-alarms.ts';
import { acknowledgeFromUpstream } from './alarms/upstream-acknowledgement.ts';
import type { CommandQuestion, CommandsQuestion } from './command/command-answers.ts';
import type { Commands } from './commands.ts';
import { busByTag, type FieldBusesOptions, fieldBuses } from './field-buses.ts';
import { ClockWatch } from './health/clock-watch.ts';
import { ControlSocket, socketPath } from './health/control-socket.ts';
import { seenTags } from './health/image-answer.ts';
import { SelfWatch } from './health/self-watch.ts';
import { spaceAlarm } from './health/space-alarm.ts';
import { statusMetrics } from './health/status-metrics.ts';
import { answerTrend } from './health/trend-answer.ts';
import { startWatchdog } from './health/watchdog.ts';
import type { WhyQuestion } from './health/why.ts';
import type { Cancel, Clock } from './host/clock.ts';
import type { Log } from './host/log.ts';
import { createMetrics, type Histogram, type Metrics } from './host/metrics.ts';
import type { Notify } from './host/notify.ts';
import type { Service } from './host/service.ts';
import { timeBasisOf } from './host/stamp.ts';
import type { StateStore } from './host/state-store.ts';
import { type SwapAnswer, withCounterEvents } from './image/counters.ts';
import { TagImage } from './image/tag-image.ts';
import type { Written } from './journal/journal.ts';
import { JournalWitness } from './journal/north/journal-witness.ts';
import { NorthLink } from './journal/north/north-link.ts';
import type { StartNorth } from './journal/north/north-options.ts';
import type { Random } from './model/backoff.ts';
import { GATEWAY_DEVICE } from './model/event-tag.ts';
import type { RefusedCommands } from './model/remote-command.ts';
import type { TagId } from './model/sample.ts';
import { withSelfTags } from './model/self-tag.ts';
import { type MonoMs, seconds } from './model/units.ts';
import type { UpstreamReply, UpstreamRequest } from './model/upstream.ts';
import { type FieldBus, pollSums } from './poll/bus-facts.ts';
import { surroundingsHash } from './rules/rule-change.ts';
import type { MakeRuleEngine } from './rules/rule-engine.ts';
import { ruleEventTags } from './rules/rule-events.ts';
import { RuleHost } from './rules/rule-host.ts';
import { type ApplyQuestion, type LoadedFiles, RuleReload } from './rules/rule-reload.ts';
import { memoryRuleStores, type RuleStores } from './rules/rule-stores.ts';
import { ApartRules, type Ruling, withRuling } from './rules/rule-trial.ts';
import { TagPlaces } from './rules/tag-places.ts';
import {
  commandEventTags,
  type MakeCommands,
  nothingWritable,
  refusedAudit,
  rejectedUpstream,
} from './writable-site.ts';

export interface GatewayParts {
  /** Of all protocols that the site has. */
  readonly drivers: Drivers;
  readonly clock: Clock;
  readonly log: Log;
  /** What the log has written, where it goes to a file. */
  readonly logged?: () => Written;
  readonly random: Random;
  readonly notify: Notify;
  readonly state: StateStore;
  /** Where the state of rules outlives the process; nowhere when left out. */
  readonly ruleStores?: RuleStores;
  /** Of a site that has, or had, rules. */
  readonly makeRuleEngine?: MakeRuleEngine | undefined;
  /** Of a site in which something can be written. */
  readonly makeCommands?: MakeCommands | undefined;
  /** The site again, from its files, with all checks; without it rules cannot be applied while the gateway runs. */
  readonly loadSite?: () => Promise<LoadedFiles>;
  /** The line of a bus, where it is not the one that the site names. */
  readonly lineOf?: FieldBusesOptions['lineOf'];
  /** The north side, where it is no thread of its own. */
  readonly startNorth?: StartNorth;
}

/** Upper bounds in ms; the last finite one is where lateness stops being told apart. */
const LATENESS_BOUNDS_MS = [
  0.5, 1, 2, 5, 10, 20, 50, 100, 200, 300, 400, 500, 750, 1e3, 2e3, 5e3, 1e4,
];

/** How long polling waits for the journal: for another process that is just closing it, above all. */
const JOURNAL_PATIENCE = seconds(3);

export class Gateway {
  readonly image: TagImage;
  readonly metrics: Metrics = createMetrics();
  readonly north: NorthLink;
  readonly buses: readonly FieldBus[];
  readonly #busOf: ReadonlyMap<TagId, FieldBus>;
  /** As it runs: with the rules that are at work, and all tags. */
  #site: Site;
  readonly #rules: RuleHost;
  readonly #reload: RuleReload;
  /** Undefined where nothing can be written. */
  readonly #commands: Commands | undefined;
  readonly #desk: ReturnType<typeof alarmDesk>;
  readonly #places: TagPlaces;
  /** Of the configuration in the files, which may hold other rules than those that run. */
  readonly #inFiles: { readonly config: string; readonly isInstead: boolean };
  readonly #parts: GatewayParts;
  readonly #lateness: Histogram;
  readonly #updateMetrics = statusMetrics(this.metrics);
  readonly #control: ControlSocket;
  readonly #alarms: StandingAlarms;
  readonly #recorders: Recorders;
  readonly #self: SelfWatch;
  readonly #started: MonoMs;
  readonly #clockWatch: ClockWatch;
  readonly #witness: JournalWitness;
  #isStopping = false;
  #stopWatchdog: Cancel = () => {};

  constructor(configured: Site, parts: GatewayParts) {
    const { clock, log } = parts;
    const stores = parts.ruleStores ?? memoryRuleStores();
    const apart = new ApartRules(stores.state, software.version);
    const instead = apart.instead(configured.hash, surroundingsHash(configured));
    this.#inFiles = { config: configured.hash, isInstead: instead !== undefined };
    const ruled = instead ? withRuling(configured, instead) : configured;
    const valued = withSelfTags(withCounterEvents(ruled));
    const alarmed = withAlarmEvents(valued);
    this.#places = new TagPlaces(alarmed.tags);
    const site = { ...alarmed, tags: this.#withEventTags(alarmed) };
    this.#site = site;
    this.#parts = parts;
    this.#started = clock.mono();
    this.#clockWatch = new ClockWatch(clock, log);
    this.#lateness = this.metrics.histogram(
      'gateway_poll_lateness_ms',
      'How long after its due time each poll of a working device started.',
      LATENESS_BOUNDS_MS,
    );
    this.image = new TagImage(valued.tags, clock.utc(), (suspect) => this.#reread(suspect));
    this.#witness = new JournalWitness(clock, parts.state);
    this.north = new NorthLink({
      stored: this.#witness.remembered(),
      ...{ site, clock, log, random: parts.random, worker: parts.startNorth },
      onRequest: (asked, answer) => this.#hear(asked, answer),
      onRoom: (room) =>
        this.#alarms.apply(GATEWAY_DEVICE, spaceAlarm(room, clock.utc(), timeBasisOf(clock))),
    });
    this.image.subscribe(({ reported }) => this.north.append('telemetry', reported));
    this.north.onCommitted(() => this.#witness.note(this.north.stored));
    this.north.onCommitted((commit) => log.debug('journal.block-stored', { ...commit }));
    this.#alarms = new StandingAlarms({
      devices: alarmingDevices(site),
      clock,
      log,
      state: parts.state,
      store: (events) => this.north.append('alarm', events),
    });
    this.#recorders = new Recorders(clock);
    this.#self = new SelfWatch({
      ...{ site, clock, log, north: this.north, logged: parts.logged },
      stores: [parts.state, stores.state, stores.windows],
      emit: (samples) => this.image.apply(samples, clock.mono()),
      alarm: (report) => this.#alarms.apply(GATEWAY_DEVICE, report),
    });
    this.buses = fieldBuses({
      ...{ site, drivers: parts.drivers, clock, log, random: parts.random, state: parts.state },
      ...{ recorders: this.#recorders, alarms: this.#alarms, lineOf: parts.lineOf },
      emit: (samples) => this.image.apply(samples, clock.mono()),
      onLateness: (lateness) => this.#lateness.observe(lateness),
    });
    this.#busOf = busByTag(site, this.buses);
    this.#commands = parts.makeCommands?.({
      ...{ site, buses: this.buses, ledger: this.north.ledger, clock, log, random: parts.random },
      latest: (tag) => this.image.latest(tag),
      onRuleEnd: (command, outcome) => this.#rules.recent.settle(command, outcome),
    });
    const door = this.#commands?.desk;
    if (door) this.image.subscribe(({ samples }) => door.take(samples));
    this.#rules = new RuleHost({
      set: site.rules,
      aside: instead && apart.trial?.aside,
      stores,
      makeEngine: parts.makeRuleEngine,
      clock,
      log,
      image: {
        apply: (samples) => this.image.apply(samples, clock.mono()),
        latest: (tag) => this.image.latest(tag),
      },
      alarms: ruleAlarms(this.#alarms, clock),
      record: (samples) => this.north.append('record', samples),
      command: (effect) => this.#commands?.fromRule(effect),
      interlock: (effect) => this.#commands?.interlock(effect),
      read: (tag) => this.#busOf.get(tag)?.reread(tag, 'in-turn'),
      atWork: (rules) => this.#commands?.desk.releaseRules(rules),
    });
    this.image.subscribe(({ samples }) => this.#rules.take(samples));
    this.#reload = new RuleReload({
      host: this.#rules,
      apart,
      clock,
      log,
      load: parts.loadSite,
      site: () => this.#site,
      hasRoomFor: (set) => this.#places.hasRoomFor([...set.derived, ...ruleEventTags(set)]),
      prepare: (ruling) => this.#prepare(ruling),
    });
    const desk = alarmDesk(this.#alarms, this.buses, this.#rules);
    this.#desk = desk;
    this.#control = new ControlSocket(socketPath(site.journal.path), {
      status: () => this.status(),
      metrics: () => this.renderMetrics(),
      image: () => seenTags(this.image.snapshot(), this.#site.tags),
      swap: (tag) => this.#declareSwap(tag as TagId),
      alarms: () => desk.alarms(),
      acknowledge: (about) => desk.acknowledge(about as AcknowledgeQuestion),
      shelve: (about) => desk.shelve(about as ShelveQuestion),
      command: (about) => {
        const question = about as CommandQuestion;
        return this.#commands?.box.command(question) ?? nothingWritable(question);
      },
      commands: (about) =>
        this.#commands?.box.commands(about as CommandsQuestion) ?? { tags: [], last: [] },
      recording: (about) => this.#recorders.answer(about as RecordingQuestion),
      rules: () => ({ ...this.#ruleFacts(), config: this.#site.hash, list: this.#rules.list() }),
      why: async (about) => {
        const { answerWhy } = await import('./health/why.ts');
        await this.#rules.ready();
        return answerWhy(about as WhyQuestion, {
          rules: this.#rules.set,
          tags: this.#site.tags,
          engine: this.#rules.engine,
          recent: this.#rules.recent,
          alarms: desk.alarms().alarms,
          utc: clock.utc(),
        });
      },
      trend: (about) => answerTrend(about, { tags: this.#site.tags, north: this.north }),
      resend: async (about) => (await import('./health/resend.ts')).answerResend(about, this.north),
      'rules-apply': (about) => this.#reload.apply((about ?? {}) as ApplyQuestion),
      'rules-confirm': () => this.#reload.confirm(),
    });
  }

  /**
   * Resolves when the buses are polling. The journal is waited for a short while, an absent device or broker is not; what
   * needs the journal begins when it is open, and until then no command is taken.
   */
  async start(): Promise<void> {
    const { notify, clock, log } = this.#parts;
    if ((await this.north.startWithin(JOURNAL_PATIENCE)) === 'late') log.warn('journal.open-late');
    const opened = this.north.opened.then(() => this.#onJournalOpen());
    if (this.north.isOpen) await opened;
    this.#rules.start();
    await this.#reload.start(this.#inFiles.config, this.#inFiles.isInstead);
    for (const bus of this.buses) await bus.start();
    await this.#control.keepOpen(clock, log);
    this.#self.start();
    this.#clockWatch.start();
    this.#stopWatchdog = startWatchdog(this.#services(), notify, clock, log);
    notify.ready();
    log.info('gateway.started', {
      gateway: this.#site.gateway.id,
      tags: this.#site.tags.length,
      config: this.#site.hash,
    });
  }

  /** The ledger is known: commands can be taken. */
  #onJournalOpen(): void {
    if (!this.#isStopping) this.#commands?.desk.start();
  }

  /** Stops polling, stores and delivers what is left within the uplinks' patience, and ends. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#parts.notify.stopping();
    this.#stopWatchdog();
    this.#clockWatch.stop();
    await this.#control.close();
    await this.#commands?.desk.stop();
    await Promise.all(this.buses.map((bus) => bus.stop()));
    this.#reload.stop();
    await this.#rules.stop();
    this.#witness.note(this.north.stored, true);
    await this.#parts.state.flush();
    this.#self.stop();
    await this.north.stop();
    this.#parts.notify.close();
    this.#parts.log.info('gateway.stopped', { gateway: this.#site.gateway.id });
  }

  async status() {
    const { clock } = this.#parts;
    const buses = this.buses.map((bus) => bus.facts());
    const north = await this.north.stats();
    return {
      gateway: this.#site.gateway.id,
      at: clock.utc(),
      config: this.#site.hash,
      uptime_s: Math.round((clock.mono() - this.#started) / 1000),
      clock: this.#clockWatch.facts(),
      tags: this.#site.tags.length,
      polls: { ...pollSums(buses), p99_lateness_ms: this.#lateness.quantile(0.99) },
      counters: this.image.counters(),
      alarms: this.#alarms.facts(),
      rules: this.#ruleFacts(),
      ...(this.#commands && { commands: this.#commands.desk.facts() }),
      buses,
      state: this.#parts.state.facts?.(),
      flash: this.#self.facts(north),
      north,
    } as const;
  }

  /** Everything counted, in the Prometheus text format. */
  async renderMetrics(): Promise<string> {
    this.#updateMetrics(await this.status());
    return this.metrics.render();
  }

  #ruleFacts() {
    return { ...this.#rules.facts(), ...this.#reload.facts() };
  }

  /** Tags of rules that come while the gateway runs are known to image, journal and uplinks before their samples. */
  #prepare({ set, config }: Ruling): RuleSet {
    const placed = this.#places.place([...set.derived, ...ruleEventTags(set)]);
    const derived = placed.slice(0, set.derived.length);
    const gone = new Set(this.#site.rules.derived.map(({ id }) => id));
    const now = new Set(placed.map(({ id }) => id));
    const rest = this.#site.tags.filter(({ id }) => !gone.has(id) && !now.has(id));
    this.image.extend(derived, this.#parts.clock.utc());
    this.north.configure({ config, tags: placed });
    const rules = { ...set, derived };
    this.#site = { ...this.#site, rules, hash: config, tags: [...rest, ...placed] };
    return rules;
  }

  #withEventTags(site: Site): Site['tags'] {
    const known = new Set(site.tags.map(({ id }) => id));
    const events = [...ruleEventTags(site.rules), ...commandEventTags(site)];
    return [...site.tags, ...this.#places.place(events.filter(({ id }) => !known.has(id)))];
  }

  /** What comes from upstream. */
  #hear(asked: UpstreamRequest, answer: (reply: UpstreamReply) => void): void {
    switch (asked.about) {
      case 'alarm':
        void acknowledgeFromUpstream(this.#desk, asked.request).then((reply) =>
          answer({ about: 'alarm', reply }),
        );
        return;
      case 'command':
        if (!this.#commands) answer(rejectedUpstream(asked.request));
        this.#commands?.fromUpstream(asked.request, (reply) => answer({ about: 'command', reply }));
        return;
      case 'refused-commands':
        if (this.#commands) this.#commands.refusedUpstream(asked.refused);
        else void this.#audit(asked.refused);
        return;
      case 'present':
        answer({ about: 'present', samples: this.image.snapshot() });
        return;
      default:
        asked satisfies never;
    }
  }

  async #audit(refused: RefusedCommands): Promise<void> {
    this.north.append('alarm', [await refusedAudit(refused, this.#parts.clock)]);
  }

  /** A counter that cannot be right: one more reading tells a glitch from a new meter. */
  #reread(suspect: TagId): void {
    this.#parts.log.warn('image.counter-suspected', { tag: suspect });
    this.#busOf.get(suspect)?.reread(suspect);
  }

  /** Whether there is such a counter, and which there are. */
  #declareSwap(tag: TagId): SwapAnswer {
    const isCounter = this.image.declareSwap(tag);
    if (isCounter) this.#parts.log.info('image.swap-declared', { tag });
    return { isCounter, known: this.image.counters().map((counter) => counter.tag) };
  }

  #services(): readonly Service[] {
    return [this.north, ...this.buses];
  }
}
