/** The state of the gateway as metrics: everything that is counted anywhere, under one roof. */
import type { ForwarderFacts } from '../forward/uplink.ts';
import type { Metrics } from '../host/metrics.ts';
import type { JournalStats } from '../journal/journal.ts';
import type { FlashFacts } from './flash-facts.ts';
import { flashMetrics } from './flash-metrics.ts';

/** What of the status is told as metrics. */
export interface MeasuredStatus {
  readonly buses: readonly {
    readonly name: string;
    readonly busyShare: number;
    readonly devices: readonly MeasuredDevice[];
    readonly link?: Readonly<Record<string, string | number>>;
  }[];
  readonly counters: readonly {
    readonly tag: string;
    readonly rollovers: number;
    readonly swaps: number;
    readonly glitches: number;
    readonly isSuspect: boolean;
  }[];
  readonly alarms: {
    readonly standing: number;
    readonly unacknowledged: number;
    readonly mostSevere: number;
    readonly events: number;
    readonly dropped: number;
  };
  readonly rules: {
    readonly rules: number;
    readonly evaluations: number;
    readonly faulty: readonly string[];
    readonly dropped: number;
    readonly effects: Readonly<Record<string, number>>;
    readonly unsent: number;
    readonly pending?: object;
    readonly refused?: string;
  };
  /** Left out by a gateway that lets nothing be written. */
  readonly commands?: {
    readonly outcomes: Readonly<Record<string, number>>;
    readonly refused: number;
    readonly waiting: number;
    readonly owned: Readonly<Record<string, number>>;
  };
  /** When it was, wall time. */
  readonly at: number;
  readonly flash: FlashFacts;
  readonly north: {
    readonly journal: JournalStats;
    readonly uplinks: readonly ForwarderFacts[];
    readonly link: {
      readonly waiting: number;
      readonly dropped: number;
      readonly restarts: number;
    };
  };
}

type MeasuredDevice = Readonly<Record<keyof typeof DEVICE_COUNTS, number>> & {
  readonly name: string;
  readonly state: string;
};

const DEVICE_COUNTS = {
  polls: 'Requests sent to the device.',
  answered: 'Requests that the device answered.',
  silent: 'Requests without an answer in time.',
  garbled: 'Requests with a damaged answer.',
  late: 'Polls that started more than half of their interval late.',
  overruns: 'Scan intervals that passed without a poll.',
} as const;

/** Declares the metrics; the function it returns brings them up to date. */
export function statusMetrics(metrics: Metrics): (status: MeasuredStatus) => void {
  const counter = (name: string, help: string) => metrics.counter(`gateway_${name}_total`, help);
  const gauge = (name: string, help: string) => metrics.gauge(`gateway_${name}`, help);
  const devices = Object.entries(DEVICE_COUNTS).map(([name, help]) => ({
    name: name as keyof typeof DEVICE_COUNTS,
    total: counter(`poll_${name}`, help),
  }));
  const deviceUp = gauge('poll_device_up', '1 while the device answers.');
  const busBusy = gauge('poll_bus_busy_ratio', 'Share of the time a request was under way.');
  const linkFact = gauge('poll_link', 'What the connection of a bus says of itself.');
  const rollovers = counter('image_counter_rollovers', 'Times a counter began again at 0.');
  const swaps = counter('image_counter_swaps', 'Times a meter was replaced or reset.');
  const glitches = counter('image_counter_glitches', 'Values of a counter that proved wrong.');
  const suspect = gauge('image_counter_suspect', '1 while a counter shows what cannot be right.');
  const standing = gauge('alarms_standing', 'Alarms that stand.');
  const unacknowledged = gauge('alarms_unacknowledged', 'Alarms that nobody has acknowledged.');
  const mostSevere = gauge('alarms_severity_max', 'The severity of the worst alarm, 1 to 1000.');
  const alarmEvents = counter('alarms_events', 'Changes of alarms that were stored.');
  const alarmsDropped = counter('alarms_dropped', 'Alarms that had to make room for others.');
  const rules = gauge('rules', 'Rules of the configuration that runs.');
  const evaluations = counter('rules_evaluations', 'Evaluations of rules since the start.');
  const faulty = gauge('rules_faulty', 'Rules that are stopped by a fault.');
  const windowsDropped = counter('rules_samples_dropped', 'Samples that windows could not keep.');
  const effects = counter('rules_effects', 'What rules asked for; shadow: of whatever kind.');
  const unsent = counter(
    'rules_unsent',
    'Writes of rules whose value was unknown; they are not sent.',
  );
  const commands = commandMetrics(metrics);
  const onTrial = gauge('rules_on_trial', '1 while rules run that are to be confirmed.');
  const rolledBack = gauge('rules_rolled_back', '1 while other rules run than the files say.');
  const waiting = gauge('journal_samples_waiting', 'Samples that are not stored yet.');
  const dropped = counter('journal_samples_dropped', 'Samples given up before they were stored.');
  const restarts = counter('journal_worker_restarts', 'Times the north side was started again.');
  const samples = gauge('journal_samples', 'Samples in the journal.');
  const backlog = gauge('journal_backlog_blocks', 'Blocks that some uplink has not acknowledged.');
  const size = gauge('journal_size_bytes', 'Size of the journal on disk.');
  const written = counter('journal_written_bytes', 'Bytes written to disk since the start.');
  const free = gauge('journal_disk_free_bytes', 'Room on the disk of the journal.');
  const missing = gauge(
    'journal_disk_missing_bytes',
    'What the journal would need there beyond what there is, to grow to its size.',
  );
  const commits = counter('journal_commits', 'Transactions since the start.');
  const gaps = counter('journal_gaps', 'Recorded losses.');
  const lost = counter('journal_samples_lost', 'Stored samples that had to be given up.');
  const flash = flashMetrics(metrics);
  const up = gauge('forward_uplink_up', '1 while the uplink is connected.');
  const acknowledged = counter('forward_blocks_acknowledged', 'Blocks acknowledged upstream.');
  const resent = counter('forward_blocks_resent', 'Blocks sent again after a lost connection.');
  const refused = gauge(
    'forward_blocks_refused',
    'Blocks passed over that the target does not take.',
  );

  return (status) => {
    const { buses, counters, alarms, rules: ruling, commands: commanded, north } = status;
    for (const { name: bus, busyShare, devices: units, link: said } of buses) {
      busBusy.set(busyShare, { bus });
      for (const [fact, value] of Object.entries(said ?? {}))
        if (typeof value === 'number') linkFact.set(value, { bus, fact });
      for (const unit of units) {
        const labels = { bus, device: unit.name };
        deviceUp.set(unit.state === 'up' ? 1 : 0, labels);
        for (const { name, total } of devices) total.set(unit[name], labels);
      }
    }
    for (const { tag, isSuspect, ...happened } of counters) {
      rollovers.set(happened.rollovers, { tag });
      swaps.set(happened.swaps, { tag });
      glitches.set(happened.glitches, { tag });
      suspect.set(isSuspect ? 1 : 0, { tag });
    }
    standing.set(alarms.standing);
    unacknowledged.set(alarms.unacknowledged);
    mostSevere.set(alarms.mostSevere);
    alarmEvents.set(alarms.events);
    alarmsDropped.set(alarms.dropped);
    rules.set(ruling.rules);
    evaluations.set(ruling.evaluations);
    faulty.set(ruling.faulty.length);
    windowsDropped.set(ruling.dropped);
    for (const [kind, count] of Object.entries(ruling.effects)) effects.set(count, { kind });
    unsent.set(ruling.unsent);
    onTrial.set(ruling.pending ? 1 : 0);
    rolledBack.set(ruling.refused === undefined ? 0 : 1);
    if (commanded) commands(commanded);
    const { journal, link, uplinks } = north;
    waiting.set(link.waiting);
    dropped.set(link.dropped);
    restarts.set(link.restarts);
    samples.set(journal.samples);
    backlog.set(journal.backlogBlocks);
    size.set(journal.bytesOnDisk);
    written.set(journal.bytesWritten);
    free.set(journal.room.free);
    missing.set(journal.room.missing);
    commits.set(journal.commits);
    gaps.set(journal.gaps);
    lost.set(journal.lostSamples);
    flash(journal, status.flash, status.at);
    for (const facts of uplinks) {
      const labels = { uplink: facts.uplink };
      up.set(facts.state === 'up' ? 1 : 0, labels);
      acknowledged.set(facts.acknowledged, labels);
      resent.set(facts.resent, labels);
      refused.set(facts.refusedBlocks, labels);
    }
  };
}

function commandMetrics(metrics: Metrics) {
  const total = metrics.counter('gateway_commands_total', 'Commands that ended, by outcome.');
  const refused = metrics.counter(
    'gateway_commands_refused_total',
    'Messages from upstream that were refused before they were commands.',
  );
  const waiting = metrics.gauge(
    'gateway_commands_waiting',
    'Commands that wait for a limit, an interlock or a higher owner.',
  );
  const owned = metrics.gauge('gateway_commands_owned_tags', 'Tags by the origin of their owner.');
  return (facts: NonNullable<MeasuredStatus['commands']>): void => {
    for (const [outcome, count] of Object.entries(facts.outcomes)) total.set(count, { outcome });
    refused.set(facts.refused);
    waiting.set(facts.waiting);
    for (const [origin, count] of Object.entries(facts.owned)) owned.set(count, { origin });
  };
}
